/** Where cgroup v2 is mounted. */
import { readMounts } from "./mounts.ts";

/**
 * The mount point, as /proc/self/mountinfo has it; undefined without one. Never throws.
 *
 * Of several the one that shows most: seen from a cgroup namespace, a mount whose root is "/.." begins above
 * the namespace's own cgroup.
 */
export function findCgroupMount(mountinfoPath: string): string | undefined {
  return readMounts(mountinfoPath)
    .filter(({ type }) => type === "cgroup2")
    .sort((a, b) => levelsUp(b.root) - levelsUp(a.root) || a.root.length - b.root.length)
    .at(0)?.point;
}

/** How many levels above the namespace's own cgroup. */
function levelsUp(root: string): number {
  return root.split("/").filter((part) => part === "..").length;
}
