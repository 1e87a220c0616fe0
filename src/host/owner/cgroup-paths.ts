/**
 * The path of a cgroup (v2) by its id.
 *
 * Ids are never used again: a path, once found, stays true of what has left, and is kept after the folder is
 * gone.
 */
import { constants, readlinkSync, statSync } from "node:fs";
import { struct, u32, u64 } from "../../bytes/struct.ts";
import { ERRNO } from "../../sys/errno.ts";
import { OwnedFd } from "../../sys/fd.ts";
import { O_PATH, O_RDONLY } from "../../sys/macros.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { belowRoot } from "../below-root.ts";
import { findCgroupMount } from "./cgroup-mount.ts";
import { walkCgroups } from "./cgroup-walk.ts";
import { readProcStart } from "./hostile-file.ts";
import { RecentMap } from "./recent-map.ts";

/**
 * - `handle`: opened by its id
 * - `walk`: CAP_DAC_READ_SEARCH is missing, or a sandbox forbids open_by_handle_at(2): the tree is walked
 * - `none`: cgroup v2 is not mounted, or not for us to see
 */
export type CgroupWay = "handle" | "walk" | "none";

export interface CgroupProcesses {
  /** In our pid namespace, each once. */
  readonly pids: readonly number[];
  /** False where there are more than were read. */
  readonly isComplete: boolean;
}

/** `struct file_handle` of fcntl.h, with what kernfs has in it: its 64-bit id. */
const fileHandle = struct("file_handle", 16, { handleBytes: u32(0), handleType: u32(4), id: u64(8) });
/** FILEID_KERNFS, include/linux/exportfs.h; since Linux 5.5. */
const FILEID_KERNFS = 0xfe;

const MAX_KEPT = 16_384;
const MAX_PROCS_BYTES = 64 * 1024;
const MIN_PAUSE_MS = 1000;
/** The pause after a walk, by its own time: it takes 2 % of a core at most. */
const PAUSE_FACTOR = 50;
const DELETED = " (deleted)";

export class CgroupPaths implements Disposable {
  readonly #sys: Syscalls;
  readonly #nowMs: () => number;
  /** Undefined where cgroup v2 is not there. */
  readonly #mount: OwnedFd | undefined;
  /** What the kernel calls it, by which paths of cgroups begin. */
  readonly #mountPath: string;
  /** Null: gone before anybody asked, or outside of the mount. */
  readonly #kept = new RecentMap<bigint, string | null>(MAX_KEPT);
  #way: CgroupWay;
  #nextWalkMs = 0;

  /** Never throws: without cgroup v2 it has no answers. */
  constructor(sys: Syscalls, root = "/", nowMs: () => number = () => performance.now()) {
    this.#sys = sys;
    this.#nowMs = nowMs;
    const point = findCgroupMount(belowRoot(root, "proc/self/mountinfo"));
    const fd =
      point === undefined
        ? -1
        : sys.open(belowRoot(root, point.replace(/^\//, "")), O_RDONLY | constants.O_DIRECTORY);
    this.#mount = fd < 0 ? undefined : new OwnedFd(sys, fd, "cgroup v2");
    this.#mountPath = linkOf(fd) ?? "";
    this.#way = this.#mount === undefined ? "none" : "handle";
  }

  /** How paths are found; `walk` is only known after the first try. */
  get way(): CgroupWay {
    return this.#way;
  }

  /**
   * Below the mount point: "/system.slice/nginx.service". Undefined where the cgroup was gone before it was
   * first asked for, is outside of what is mounted here, or was not found. Never throws.
   */
  pathOf(id: bigint): string | undefined {
    const known = this.#kept.get(id);
    if (known !== undefined) return known ?? undefined;
    if (this.#way === "handle") this.#open(id);
    if (this.#way === "walk" && this.#kept.get(id) === undefined) this.#walk();
    return this.#kept.get(id) ?? undefined;
  }

  /** Processes in the cgroup itself, without those below it; undefined where it is gone, or threaded. */
  processesIn(path: string): CgroupProcesses | undefined {
    if (this.#mount === undefined || path.split("/").includes("..")) return undefined;
    const text = readProcStart(`${this.#mountPath}${path}/cgroup.procs`, MAX_PROCS_BYTES);
    if (text === undefined) return undefined;
    const isComplete = text === "" || (text.endsWith("\n") && text.length < MAX_PROCS_BYTES);
    const lines = text.split("\n").slice(0, -1);
    // 0 is a process that our pid namespace does not show.
    const pids = [...new Set(lines.map(Number))].filter((pid) => Number.isInteger(pid) && pid > 0);
    return { pids, isComplete };
  }

  [Symbol.dispose](): void {
    this.#mount?.[Symbol.dispose]();
  }

  #open(id: bigint): void {
    if (this.#mount === undefined) return;
    const handle = fileHandle.encode({ handleBytes: 8, handleType: FILEID_KERNFS, id });
    const fd = this.#sys.openByHandleAt(this.#mount.fd, handle, O_PATH | constants.O_DIRECTORY);
    if (fd === -ERRNO.ESTALE) this.#kept.set(id, null);
    if (fd === -ERRNO.EPERM || fd === -ERRNO.EACCES || fd === -ERRNO.ENOSYS || fd === -ERRNO.EOPNOTSUPP)
      this.#way = "walk";
    if (fd < 0) return;
    using _cgroup = new OwnedFd(this.#sys, fd, "cgroup");
    this.#kept.set(id, this.#belowMount(linkOf(fd), id) ?? null);
  }

  #belowMount(link: string | undefined, id: bigint): string | undefined {
    if (link === this.#mountPath) return "/";
    if (link === undefined || !link.startsWith(`${this.#mountPath}/`)) return undefined;
    // Removed since it was opened; unless that is its name.
    const isDeleted = link.endsWith(DELETED) && inodeOf(link) !== id;
    return link.slice(this.#mountPath.length, isDeleted ? -DELETED.length : undefined);
  }

  #walk(): void {
    const startMs = this.#nowMs();
    if (startMs < this.#nextWalkMs) return;
    for (const [id, path] of walkCgroups(this.#mountPath)) this.#kept.set(id, path);
    const endMs = this.#nowMs();
    this.#nextWalkMs = endMs + Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (endMs - startMs));
  }
}

/** Not below the root: it is this process's own descriptor. */
function linkOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}
