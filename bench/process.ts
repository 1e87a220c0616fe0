/** Resources of another process, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUsage {
  /** Whether its main thread sleeps, and waits for no CPU or disk. */
  readonly sleeps: boolean;
  /** User and system time. */
  readonly cpuS: number;
  readonly rssMb: number;
  /** The peak resident set. */
  readonly peakMb: number;
}

/** The process must be alive. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  // Clock ticks of 1/100 s: proc(5), utime and stime.
  return {
    sleeps: stat[0] === "S",
    cpuS: (Number(stat[11]) + Number(stat[12])) / 100,
    rssMb: megabytes("VmRSS"),
    peakMb: megabytes("VmHWM"),
  };
}

/** The ids of the BPF programs that a process holds. */
export function programsOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const id = /^prog_id:\s*(\d+)$/m.exec(fdinfo(pid, fd))?.[1];
    return id === undefined ? [] : [Number(id)];
  });
}

/** Empty where it was closed meanwhile. */
function fdinfo(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== "ENOENT") throw failure;
    return "";
  }
}
