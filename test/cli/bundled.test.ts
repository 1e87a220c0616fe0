/** The bundle that package.json installs as `tcpdrop` behaves like the compiled files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/errors.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { runCommand } from "./command-line.ts";

const PACKAGE = new URL("../../../package.json", import.meta.url);
const { bin } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { bin: { tcpdrop: string } };
const BUNDLE = fileURLToPath(new URL(bin.tcpdrop, PACKAGE));

for (const words of [
  ["--help"],
  ["--version"],
  ["explain"],
  ["explain", "NO_SUCH"],
  ["doctor", "--program"],
  ["-4", "-6"],
])
  test(`the bundle prints the same: tcpdrop ${words.join(" ")}`, () => {
    const bundled = spawnSync(process.execPath, [BUNDLE, ...words], {
      encoding: "utf8",
      timeout: patient(20_000),
    });
    const { status, stdout, stderr } = runCommand(...words);
    assert.deepEqual(
      { status: bundled.status, stdout: bundled.stdout, stderr: bundled.stderr },
      { status, stdout, stderr },
    );
  });

test("the bundle traces", () => {
  using hosts = new Hosts(libcSyscalls);
  const { status, stderr } = spawnSync(
    process.execPath,
    [BUNDLE, "--duration", "50ms", "--netns", String(hosts.client.inode)],
    {
      encoding: "utf8",
      timeout: patient(20_000),
    },
  );
  assert.equal(status, EXIT.done, stderr);
  assert.match(stderr, /^seen \d+ = shown \d+/m);
});
