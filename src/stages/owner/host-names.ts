/** Names from this machine's files. */
import { CgroupPaths } from "../../host/owner/cgroup-paths.ts";
import { readProcessFacts, ticksOf } from "../../host/owner/process-facts.ts";
import { Users } from "../../host/owner/users.ts";
import { Workloads } from "../../host/owner/workloads.ts";
import type { Workload } from "../../model/index.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { OwnerNames, ProcessNames, SeenProcess } from "./owner-names.ts";

const MAX_PROCESSES = 16_384;

export class HostNames implements OwnerNames, Disposable {
  readonly #paths: CgroupPaths;
  readonly #users = new Users();
  readonly #workloads = new Workloads();
  /** Of those that were alive, by the program that they ran. */
  readonly #processes = new BoundedMap<string, ProcessNames>(MAX_PROCESSES);
  readonly #seesHostPids: boolean;

  /** Without the host's numbers of processes, /proc would tell of others. */
  constructor(sys: Syscalls, seesHostPids: boolean) {
    this.#paths = new CgroupPaths(sys);
    this.#seesHostPids = seesHostPids;
  }

  cgroupPath(id: bigint): string | undefined {
    return this.#paths.pathOf(id);
  }

  processesIn(path: string): readonly number[] | undefined {
    if (!this.#seesHostPids) return undefined;
    const processes = this.#paths.processesIn(path);
    return processes?.isComplete === true ? processes.pids : undefined;
  }

  workload(path: string, pid: number | undefined): Workload | undefined {
    return this.#workloads.ofCgroup(path, this.#seesHostPids ? pid : undefined);
  }

  process({ pid, startNs, comm, execId, isNow }: SeenProcess): ProcessNames | undefined {
    if (!this.#seesHostPids) return undefined;
    const key = `${pid} ${startNs} ${execId} ${comm}`;
    const known = this.#processes.get(key);
    if (known !== undefined) return known;
    const facts = readProcessFacts(pid);
    if (facts === undefined || facts.startTicks !== ticksOf(startNs)) return undefined;
    // With another name it may run another program by now.
    const isSame = isNow && execId !== undefined && facts.comm === comm;
    const names = { exe: isSame ? facts.exe : undefined, cgroup: facts.cgroup };
    if (isSame || execId === undefined) this.#processes.set(key, names);
    return names;
  }

  user(uid: number): string | undefined {
    return this.#users.nameOf(uid);
  }

  [Symbol.dispose](): void {
    this.#paths[Symbol.dispose]();
  }
}
