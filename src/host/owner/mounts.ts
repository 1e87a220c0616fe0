/** What is mounted where, as a file /proc/PID/mountinfo says it. */
import { readProcStart } from "./hostile-file.ts";

const MAX_BYTES = 1024 * 1024;

export interface Mount {
  /** "MAJOR:MINOR" of the file system. */
  readonly device: string;
  /** Path in the file system of what is mounted. */
  readonly root: string;
  readonly point: string;
  /** Of the file system: "cgroup2". */
  readonly type: string;
}

/** None where the file cannot be read. Never throws. */
export function readMounts(path: string): readonly Mount[] {
  return parseMountinfo(readProcStart(path, MAX_BYTES) ?? "");
}

/** proc_pid_mountinfo(5): ID PARENT DEVICE ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
function parseMountinfo(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.split(" ");
    const [, , device, root, point] = fields;
    const dash = fields.indexOf("-", 6);
    const type = fields[dash + 1];
    if (device === undefined || root === undefined || point === undefined) return [];
    if (dash < 0 || type === undefined) return [];
    return [{ device, root: unescaped(root), point: unescaped(point), type }];
  });
}

/** mangle() in fs/proc_namespace.c: space, tab, newline, backslash and "#" as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([01][0-7]{2})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
