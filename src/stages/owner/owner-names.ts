/** Names for what the kernel gives as numbers. Reads files; nothing throws. */
import type { Workload } from "../../model/index.ts";

export interface OwnerNames {
  /** Of cgroup v2, below its mount point; undefined where it is not known. */
  cgroupPath(id: bigint): string | undefined;
  /** Processes in the cgroup itself; undefined where they are not known, or not all of them. */
  processesIn(path: string): readonly number[] | undefined;
  /** `pid` is a process in it, alive a moment ago. */
  workload(path: string, pid: number | undefined): Workload | undefined;
  /** What /proc says of a process, where it is the one that started then. */
  process(seen: SeenProcess): ProcessNames | undefined;
  user(uid: number): string | undefined;
}

/** A process, as it was when it was looked at. */
export interface SeenProcess {
  readonly pid: number;
  readonly startNs: bigint;
  readonly comm: string;
  /** Absent where it is not known which program it ran: then none is told. */
  readonly execId: bigint | undefined;
  /** It was seen just now; else it may run another program since. */
  readonly isNow: boolean;
}

export interface ProcessNames {
  /** Of the program that it ran when it was seen; absent where it may be another's. */
  readonly exe: string | undefined;
  /** As /proc/PID/cgroup has it; of a v1 hierarchy where v2 says nothing. */
  readonly cgroup: string | undefined;
}

/** What the v2 hierarchy says of everything where a machine keeps processes in v1 hierarchies. */
const UNHELPFUL = new Set(["/", "/init.scope"]);

/** The path of a process's cgroup: of v2, unless that says nothing and /proc says more. */
export function cgroupOfProcess(
  names: Pick<OwnerNames, "cgroupPath">,
  cgroupId: bigint,
  seen: ProcessNames | undefined,
): string | undefined {
  const path = names.cgroupPath(cgroupId);
  return path === undefined || UNHELPFUL.has(path) ? (seen?.cgroup ?? path) : path;
}
