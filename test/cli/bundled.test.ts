/** The bundle that package.json installs as `tcpdrop`, and all tests run, behaves like the compiled files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { patient } from "../patience.ts";
import { runCommand } from "./command-line.ts";

const COMPILED = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

for (const words of [
  ["--help"],
  ["--version"],
  ["explain"],
  ["explain", "NO_SUCH"],
  ["doctor", "--program"],
  ["-4", "-6"],
])
  test(`the bundle prints the same: tcpdrop ${words.join(" ")}`, () => {
    const compiled = spawnSync(process.execPath, [COMPILED, ...words], {
      encoding: "utf8",
      timeout: patient(20_000),
    });
    const { status, stdout, stderr } = runCommand(...words);
    assert.deepEqual(
      { status, stdout, stderr },
      { status: compiled.status, stdout: compiled.stdout, stderr: compiled.stderr },
    );
  });
