/**
 * The tree of cgroups of version 2, by the ids that the kernel has for them: an id is the inode number of the
 * folder (kernfs_node.id, on 64-bit machines).
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { walkCgroups } from "./owner/cgroup-walk.ts";
import { readMounts } from "./owner/mounts.ts";

/** More folders than this are not looked at. */
const MAX_FOLDERS = 16_384;
/** PROC_CGROUP_INIT_INO, include/linux/proc_ns.h */
const INITIAL_NAMESPACE = 0xefff_fffb;

export interface CgroupPlace {
  readonly id: bigint;
  /** How far it is below the root, which is 0. */
  readonly level: number;
  /** Ids of those below it. */
  readonly inside: readonly bigint[];
  /** Ids of all others. */
  readonly outside: readonly bigint[];
}

/**
 * The cgroup at a path, as /proc/PID/cgroup has it. A UsageError where there is none, and in a cgroup namespace
 * of our own, where nobody says how far its root is below the kernel's.
 */
export function findCgroup(path: string, root = "/"): CgroupPlace {
  if (statSync(join(root, "proc/self/ns/cgroup")).ino !== INITIAL_NAMESPACE)
    throw new UsageError("Cgroups have no paths that are known here: this is a cgroup namespace of its own", {
      hint: "Start it in the cgroup namespace of the host.",
    });
  const mount = join(root, mountPoint(join(root, "proc/self/mountinfo")));
  const parts = path.split("/").filter((part) => part !== "");
  const wanted = `/${parts.join("/")}`;
  const id = folderId(join(mount, wanted));
  if (id === undefined)
    throw new UsageError(`There is no cgroup ${wanted} below ${mount}`, {
      hint: "systemd-cgls shows those that there are, and /proc/PID/cgroup that of a process.",
    });
  const inside: bigint[] = [];
  const outside: bigint[] = [];
  for (const [found, folder] of walkCgroups(mount, MAX_FOLDERS))
    if (found !== id) (wanted === "/" || folder.startsWith(`${wanted}/`) ? inside : outside).push(found);
  return Object.freeze({
    id,
    level: parts.length,
    inside: Object.freeze(inside),
    outside: Object.freeze(outside),
  });
}

/** Where the kernel's own root of cgroup2 is mounted. */
function mountPoint(mountinfoPath: string): string {
  const mount = readMounts(mountinfoPath).find(({ type, root }) => type === "cgroup2" && root === "/");
  if (mount === undefined) throw new UsageError("No cgroup2 is mounted here");
  return mount.point;
}

/** Undefined where it is no folder, or is gone. */
function folderId(path: string): bigint | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isDirectory() === true ? found.ino : undefined;
}
