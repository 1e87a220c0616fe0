/** What /proc says of another user's process to who lacks a right. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const FACTS = join(import.meta.dirname, "../../src/host/owner/process-facts.js");
const NOBODY = 65534;

/** As printed by a process that is started by these words: without what is undefined. */
function factsOf(pid: number, ...words: readonly string[]): Readonly<Record<string, unknown>> {
  const script = `const { readProcessFacts } = await import(${JSON.stringify(FACTS)});
    process.stdout.write(JSON.stringify(readProcessFacts(${pid})));`;
  const [program, ...rest] = [...words, process.execPath, "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync(program, rest, { encoding: "utf8" });
  assert.equal(stderr, "");
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

test("readProcessFacts leaves out program and namespace without CAP_SYS_PTRACE, and nothing else", async () => {
  const words = [`--reuid=${NOBODY}`, "--clear-groups", "sleep", "60"];
  const child = spawn("setpriv", words, { stdio: "ignore" });
  const pid = child.pid ?? 0;
  try {
    await once(child, "spawn");
    while (!readlinkSync(`/proc/${pid}/exe`).endsWith("/sleep"));
    const all = factsOf(pid, "env");
    assert.equal(all["exe"], readlinkSync(`/proc/${pid}/exe`));
    assert.equal(all["netns"], statSync(`/proc/${pid}/ns/net`).ino);
    assert.deepEqual([all["uid"], all["comm"], all["ppid"]], [NOBODY, "sleep", process.pid]);
    const { exe: _exe, netns: _netns, ...rest } = all;
    assert.deepEqual(factsOf(pid, "setpriv", "--bounding-set=-sys_ptrace"), rest);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
