/** A filter file that only root may read is not shown to the user who runs tcpdrop through sudo. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { realUserReads } from "../../src/cli/real-user.ts";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-filter-file-"));
after(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);

const NOBODY = { SUDO_UID: "65534", SUDO_GID: "65534" };
const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
/** As with capabilities on the file of the program. */
const READS_ALL = [...AS_NOBODY, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];

function fileOf(text: string, mode: number, folderMode = 0o755): string {
  const own = mkdtempSync(join(folder, "of-"));
  const path = join(own, "filter");
  writeFileSync(path, text);
  chmodSync(path, mode);
  chmodSync(own, folderMode);
  return path;
}

function run(words: readonly string[], env: NodeJS.ProcessEnv = {}, before: readonly string[] = []) {
  const [program = "", ...rest] = [...before, process.execPath, MAIN, ...words];
  const { SUDO_UID: _uid, SUDO_GID: _gid, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: "utf8",
    timeout: patient(20_000),
    env: { ...environment, ...env },
  });
  return { status, stdout, stderr };
}

const SECRET = "\n# root's\nroot:hunter2 and more\n";
const SECRET_REASON = "reason hunter2";

for (const [title, path, env, before] of [
  ["of mode 0600, through sudo", fileOf(SECRET, 0o600), NOBODY, []],
  ["of another group, through sudo", fileOf(SECRET, 0o640), NOBODY, []],
  ["in a folder of mode 0700, through sudo", fileOf(SECRET, 0o644, 0o700), NOBODY, []],
  ["with an unknown reason, through sudo", fileOf(SECRET_REASON, 0o600), NOBODY, []],
  ["through sudo by a user who is gone", fileOf(SECRET, 0o644), { SUDO_UID: "64999", SUDO_GID: "64999" }, []],
  ["through pkexec", fileOf(SECRET, 0o600), { PKEXEC_UID: "65534" }, []],
  ["by a user with capabilities", fileOf(SECRET, 0o600), {}, READS_ALL],
] as const)
  test(`nothing is shown of a file ${title}`, () => {
    const { status, stdout, stderr } = run(["-F", path], env, before);
    assert.equal(status, EXIT.usage, stderr);
    assert.equal(stdout, "");
    assert.doesNotMatch(stderr, /hunter|root:/);
    assert.match(stderr, /^tcpdrop: The filter in \S+ is invalid at line [13]\nWhat is wrong is not shown/);
  });

for (const [title, path, env, before] of [
  ["that everybody may read, through sudo", fileOf(SECRET, 0o644), NOBODY, []],
  ["by root", fileOf(SECRET, 0o600), {}, []],
  ["by root through sudo", fileOf(SECRET, 0o600), { SUDO_UID: "0", SUDO_GID: "0" }, []],
  ["that everybody may read, by a user", fileOf(SECRET, 0o644), {}, AS_NOBODY],
] as const)
  test(`the invalid line is shown of a file ${title}`, () => {
    const { status, stderr } = run(["-F", path], env, before);
    assert.equal(status, EXIT.usage, stderr);
    assert.match(stderr, /line 3: root:hunter2/);
  });

test("--explain-filter shows no filter of a file that the user may not read", () => {
  const path = fileOf("port 4711", 0o600);
  const refused = run(["--explain-filter", "-F", path], NOBODY);
  assert.equal(refused.status, EXIT.usage);
  assert.doesNotMatch(refused.stdout + refused.stderr, /4711/);
  assert.match(run(["--explain-filter", "-F", path]).stdout, /4711/);
});

test("realUserReads gives back the rights of this process", () => {
  const path = fileOf("port 4711", 0o600);
  const rights = () => [process.geteuid?.(), process.getegid?.(), process.getgroups?.()];
  const before = rights();
  Object.assign(process.env, NOBODY);
  try {
    assert.equal(realUserReads(path, "port 4711"), false);
  } finally {
    for (const name of Object.keys(NOBODY)) delete process.env[name];
  }
  assert.deepEqual(rights(), before);
  assert.equal(readFileSync(path, "utf8"), "port 4711");
});
