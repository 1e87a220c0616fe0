/**
 * Starts a container with one runtime, says which process is in it, waits for a line, and ends it. In mount and
 * network namespaces of its own: files of the packages lie over the machine's.
 *
 * Arguments: the runtime, the folder of the packages, the image, an empty folder.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "./runtimes.ts";

const [name = "", packages = "", archive = "", folder = ""] = process.argv.slice(2);
const start = RUNTIMES[name];
if (start === undefined) throw new Error(`There is no runtime ${name}`);

overlay("/usr");
overlay("/etc");
execFileSync("mount", ["-t", "tmpfs", "none", "/run"]);
mkdirSync("/etc/containers", { recursive: true });
copyFileSync(join(packages, "etc/containers/policy.json"), "/etc/containers/policy.json");

const own = join(folder, name);
mkdirSync(own);
const running = await start(own, archive);
try {
  const { pid, expected } = running;
  process.stdout.write(`${JSON.stringify({ pid, expected })}\n`);
  await once(process.stdin, "data");
} finally {
  await running.stop();
}
process.exit(0);

/** What the packages have, over what is there; writes go to a folder of ours. */
function overlay(path: string): void {
  const [upper, work] = ["upper", "work"].map((each) => join(folder, each, path));
  for (const each of [upper, work]) mkdirSync(each ?? "", { recursive: true });
  const options = `lowerdir=${packages}${path}:${path},upperdir=${upper},workdir=${work}`;
  execFileSync("mount", ["-t", "overlay", "-o", options, "overlay", path]);
}
