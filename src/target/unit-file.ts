/** Whether systemd knows a unit that does not run. */
import { existsSync } from "node:fs";
import { belowRoot } from "../host/below-root.ts";

/** systemd.unit(5), those of the system. */
const FOLDERS = [
  "etc/systemd/system",
  "run/systemd/system",
  "run/systemd/transient",
  "run/systemd/generator",
  "usr/local/lib/systemd/system",
  "usr/lib/systemd/system",
  "lib/systemd/system",
] as const;

const UNIT = /^([\w:.\\-]+?)(@[\w:.\\-]*)?\.(?:service|scope|socket)$/;

/** `name` has its suffix. Of "getty@tty1.service" the file is getty@.service. Never throws. */
export function hasUnitFile(name: string, root = "/"): boolean {
  const [, before, instance] = UNIT.exec(name) ?? [];
  if (before === undefined || name.length > 255) return false;
  const suffix = name.slice(name.lastIndexOf("."));
  const files = instance === undefined ? [name] : [name, `${before}@${suffix}`];
  return FOLDERS.some((folder) => files.some((file) => existsSync(belowRoot(root, `${folder}/${file}`))));
}
