/** Paths of all cgroups, found by walking their tree: for who must not open one by its id. */
import { readdirSync, statSync } from "node:fs";

/** More folders are not visited. */
const MAX_FOLDERS = 10_000;

/** Ids to paths below the mount point, breadth first; the path of `mount` is "/". Blocks. Never throws. */
export function walkCgroups(mount: string, maxFolders = MAX_FOLDERS): ReadonlyMap<bigint, string> {
  const paths = new Map<bigint, string>();
  const waiting = [""];
  for (let at = 0; at < waiting.length && at < maxFolders; at += 1) {
    const path = waiting[at] ?? "";
    try {
      // The id is the inode number, since Linux 5.5 on 64-bit machines: kernfs_ino in include/linux/kernfs.h.
      paths.set(statSync(mount + path, { bigint: true }).ino, path === "" ? "/" : path);
      for (const entry of readdirSync(mount + path, { withFileTypes: true }))
        if (entry.isDirectory() && waiting.length < maxFolders) waiting.push(`${path}/${entry.name}`);
    } catch {
      // Removed meanwhile, or not for us to see.
    }
  }
  return paths;
}
