/** Owners of the sockets of whole cgroups, for totals that are counted by cgroup. */
import { seesHostPids } from "../../host/owner/process-facts.ts";
import type { Owner, Workload } from "../../model/index.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { HostNames } from "./host-names.ts";
import type { OwnerNames } from "./owner-names.ts";

/** As many as the kernel counts; what comes beyond is named anew each time. */
const MAX_KEPT = 16_384;
/** Names of containers come a moment after the container: so often they are asked for. */
const MAX_TRIES = 5;
const RETRY_MS = 1000;

type Names = Pick<OwnerNames, "cgroupPath" | "processesIn" | "workload"> & Disposable;

interface Known {
  readonly owner: Owner;
  readonly tries: number;
  readonly nextMs: number;
}

export class CgroupOwnersOfHost implements Disposable {
  readonly #names: Names;
  readonly #nowMs: () => number;
  readonly #known = new Map<bigint, Known>();

  constructor(
    names: Names = new HostNames(libcSyscalls, seesHostPids() ?? false),
    nowMs: () => number = () => performance.now(),
  ) {
    this.#names = names;
    this.#nowMs = nowMs;
  }

  /** Undefined where the cgroup was gone before it was first asked for. */
  ownerOf(cgroupId: bigint): Owner | undefined {
    const known = this.#known.get(cgroupId);
    const nowMs = this.#nowMs();
    if (known !== undefined && (known.tries >= MAX_TRIES || nowMs < known.nextMs)) return known.owner;
    const path = this.#names.cgroupPath(cgroupId);
    if (path === undefined) return known?.owner;
    const [pid] = this.#names.processesIn(path) ?? [];
    const owner = ownerOfCgroup(path, this.#names.workload(path, pid));
    const tries = isWhole(owner) ? MAX_TRIES : (known?.tries ?? 0) + 1;
    if (known !== undefined || this.#known.size < MAX_KEPT)
      this.#known.set(cgroupId, { owner, tries, nextMs: nowMs + RETRY_MS });
    return owner;
  }

  [Symbol.dispose](): void {
    this.#names[Symbol.dispose]();
  }
}

function ownerOfCgroup(cgroup: string, workload: Workload | undefined): Owner {
  return Object.freeze({
    by: "cgroup",
    certainty: "likely",
    missing: undefined,
    process: undefined,
    holders: undefined,
    uid: undefined,
    user: undefined,
    cgroup,
    socketCgroup: undefined,
    workload,
    hint: undefined,
  });
}

/** No name is missing that may still come. */
function isWhole({ workload }: Owner): boolean {
  if (workload === undefined) return false;
  const { containerId, container, podUid, pod } = workload;
  return (
    (containerId === undefined || container !== undefined) && (podUid === undefined || pod !== undefined)
  );
}
