/** Folders of processes that stand for those in /proc. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Owns what tests write. */
export const OWN_UID: number = process.getuid?.() ?? 0;

export interface FakeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly comm?: string;
  readonly uid?: number;
  readonly startTicks?: number;
  readonly cgroup?: string;
  readonly cmdline?: readonly string[];
  /** Below the root, like `mountinfo`'s text. */
  readonly cwd?: string;
  readonly mountinfo?: string;
}

/** Each starts when its number says, and runs as the owner of the root folder, in the root of cgroups. */
export function addProcess(root: string, process: FakeProcess): void {
  const { pid, ppid, comm = "sh", uid = OWN_UID, startTicks = pid, cgroup = "/", cmdline = [] } = process;
  const folder = join(root, `proc/${pid}`);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("stat", `${pid} (${comm}) S ${ppid} ${"0 ".repeat(17)}${startTicks} 0`);
  write("status", `Name:\t${comm}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
  write("cgroup", `0::${cgroup}\n`);
  write("cmdline", cmdline.map((word) => `${word}\0`).join(""));
  write("mountinfo", process.mountinfo ?? "");
  symlinkSync(root, join(folder, "root"));
  if (process.cwd !== undefined) symlinkSync(join(root, process.cwd), join(folder, "cwd"));
}
