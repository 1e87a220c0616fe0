/** What stands in a file that only root may read is not shown to the user who runs tcpdrop through sudo. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-secret-"));
after(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);
const NOBODY = { SUDO_UID: "65534", SUDO_GID: "65534" };
const FILTER = "location hunter2 or port 5";
/** Of one namespace, and short. */
const BRIEF = ["--netns", "/proc/self/ns/net", "--no-listeners", "--duration", "50ms"];

function fileOf(text: string, name = "secret"): string {
  const path = join(mkdtempSync(join(folder, "of-")), name);
  chmodSync(join(path, ".."), 0o755);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function run(words: readonly string[], env: NodeJS.ProcessEnv) {
  const { SUDO_UID: _uid, SUDO_GID: _gid, ...environment } = process.env;
  return spawnSync(process.execPath, [MAIN, ...words], {
    encoding: "utf8",
    timeout: patient(20_000),
    env: { ...environment, ...env },
  });
}

for (const [title, words] of [
  ["-F", ["-F", fileOf(FILTER)]],
  ["--config", ["--config", fileOf(`filter = "${FILTER}"\n`)]],
] as const) {
  test(`a trace shows no words of the filter in a secret file of ${title}`, () => {
    const { status, stdout, stderr } = run([...words, ...BRIEF, "--format", "json"], NOBODY);
    assert.equal(status, EXIT.done, stderr);
    assert.doesNotMatch(stdout + stderr, /hunter/);
    assert.match(stderr, /user space.*: a part of the filter$/m);
    const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { filter_rest?: string };
    assert.equal(summary.filter_rest, "a part of the filter");
    const asRoot = run([...words, ...BRIEF, "--format", "json"], {});
    assert.match(asRoot.stderr, /hunter2/, "root sees it");
    assert.match(asRoot.stdout, /"filter_rest":"[^"]*hunter2/);
  });

  for (const option of ["--summary", "--explain-filter"])
    test(`${option} refuses the filter in a secret file of ${title} without its words`, () => {
      const { status, stdout, stderr } = run([...words, option], NOBODY);
      assert.equal(status, EXIT.usage, stderr);
      assert.doesNotMatch(stdout + stderr, /hunter/);
      assert.ok(stderr.includes(words[1]), stderr);
    });
}

for (const [title, text, command] of [
  ["btf that is not there", 'btf = "/hunter2"', []],
  ["btf that is none", `btf = "${fileOf("x", "hunter2")}"`, []],
  ["btf for doctor", 'btf = "/hunter2"', ["doctor"]],
  ["btf for the program", 'btf = "/hunter2"', ["doctor", "--program"]],
  ["write without a known suffix", 'write = "/hunter2"', []],
  ["write that cannot be opened", 'write = "/nowhere/hunter2.ndjson"', []],
  ["write twice", `write = ["${folder}/hunter2.ndjson", "${folder}/./hunter2.ndjson"]`, []],
] as const)
  test(`no value is shown of a secret configuration file with ${title}`, () => {
    const config = fileOf(`${text}\n`);
    const { status, stdout, stderr } = run([...command, "--config", config], NOBODY);
    assert.ok(status === EXIT.usage || status === EXIT.failed, stderr);
    assert.doesNotMatch(stdout + stderr, /hunter/);
    assert.ok(stderr.includes(config), stderr);
  });

test("the summary does not have the name of a file that a secret configuration file names", () => {
  const config = fileOf(`write = "${folder}/hunter2.ndjson"\n`);
  const { status, stdout, stderr } = run(["--config", config, ...BRIEF, "--format", "json"], NOBODY);
  assert.equal(status, EXIT.done, stderr);
  assert.doesNotMatch(stdout + stderr, /hunter/);
  // What is seen of other namespaces is filtered.
  assert.match(stderr.replace(config, "FILE"), /\nwrite in FILE: seen \d+ = shown 0 /);
});
