/** Where cgroup v2 is mounted. */
import { readStart } from "./hostile-file.ts";

const MAX_BYTES = 1024 * 1024;

/**
 * The mount point, as /proc/self/mountinfo has it; undefined without one. Never throws.
 *
 * Of several the one that shows most: seen from a cgroup namespace, a mount whose root is "/.." begins above
 * the namespace's own cgroup.
 */
export function findCgroupMount(mountinfoPath: string): string | undefined {
  return parseMountinfo(readStart(mountinfoPath, MAX_BYTES) ?? "")
    .filter(({ type }) => type === "cgroup2")
    .sort((a, b) => parents(b.root) - parents(a.root) || a.root.length - b.root.length)
    .at(0)?.point;
}

interface Mount {
  /** Path in the file system of what is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

/** proc_pid_mountinfo(5): ID PARENT DEVICE ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.split(" ");
    const [, , , root, point] = fields;
    const type = fields[fields.indexOf("-", 6) + 1];
    if (root === undefined || point === undefined || type === undefined) return [];
    return [{ root: unescaped(root), point: unescaped(point), type }];
  });
}

/** mangle() in fs/seq_file.c: space, tab, newline, backslash and "#" as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([01][0-7]{2})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** How many levels above the namespace's own cgroup. */
function parents(root: string): number {
  return root.split("/").filter((part) => part === "..").length;
}
