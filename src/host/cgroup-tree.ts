/**
 * The tree of cgroups of version 2, by the ids that the kernel has for them: an id is the inode number of the
 * folder (kernfs_node.id, on 64-bit machines).
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";

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
  const mount = join(root, mountPoint(readFileSync(join(root, "proc/self/mountinfo"), "utf8")));
  const parts = path.split("/").filter((part) => part !== "");
  const wanted = parts.length === 0 ? mount : join(mount, ...parts);
  const id = folderId(wanted);
  if (id === undefined)
    throw new UsageError(`There is no cgroup /${parts.join("/")} below ${mount}`, {
      hint: "systemd-cgls shows those that there are, and /proc/PID/cgroup that of a process.",
    });
  const inside: bigint[] = [];
  const outside: bigint[] = [];
  const folders = [mount];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const found = folderId(folder);
    if (found === undefined || inside.length + outside.length >= MAX_FOLDERS) continue;
    if (folder.startsWith(`${wanted}/`) || (wanted === mount && folder !== mount)) inside.push(found);
    else if (found !== id) outside.push(found);
    folders.push(...foldersIn(folder));
  }
  return Object.freeze({
    id,
    level: parts.length,
    inside: Object.freeze(inside),
    outside: Object.freeze(outside),
  });
}

/** Where the kernel's own root of cgroup2 is mounted: proc_pid_mountinfo(5). */
function mountPoint(mountinfo: string): string {
  for (const line of mountinfo.split("\n")) {
    const [mount = "", system = ""] = line.split(" - ");
    const [, , , top, point] = mount.split(" ");
    if (system.startsWith("cgroup2 ") && top === "/" && point !== undefined) return point;
  }
  throw new UsageError("No cgroup2 is mounted here");
}

/** Undefined where it is no folder, or is gone. */
function folderId(path: string): bigint | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isDirectory() === true ? found.ino : undefined;
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  } catch {
    // It is gone.
    return [];
  }
}
