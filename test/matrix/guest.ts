/**
 * Runs in the guest, or on the machine itself (here.ts): the tool, then the tests with real drops. The output
 * of a guest goes to its second serial port.
 *
 * A run counts only if each step reports, and the last line is GUEST-END rc=0. Words of the kernel's command
 * line are the environment:
 *
 *     guest_tests=REGEXP       which test files
 *     guest_share=0/4          a share of the scenarios (scenarios.test.ts); without it, all of them in all variants
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "../..");
const TCPDROP = join(DIST, "bin/cli/main.cjs");
/**
 * Storms at full speed and times of a bare machine make no sense in emulation; coverage reads the sources,
 * and is about one kernel.
 */
const LEFT_OUT = /storm|healthy|examples|coverage/;
const LONGEST_STEP_MS = 3_000_000;

const share = process.env["guest_share"];
/** Emulation is slower by this factor; the machine itself is not. */
const slowness = process.env["guest_slowness"] ?? "20";
const environment = {
  ...process.env,
  TCPDROP_TEST_SLOWNESS: slowness,
  ...(share === undefined ? {} : { SCENARIO_SHARE: share }),
};

function step(name: string, words: readonly string[]): boolean {
  process.stdout.write(`# STEP ${name}\n`);
  const startedMs = performance.now();
  const { status, signal, error } = spawnSync(process.execPath, words, {
    stdio: ["ignore", 1, 1],
    timeout: LONGEST_STEP_MS,
    env: environment,
  });
  const passed = error === undefined && status === 0;
  process.stdout.write(`# TOOK ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
  process.stdout.write(
    `${passed ? "ok" : "not ok"} - STEP ${name}${passed ? "" : ` (exit ${status ?? signal ?? error?.message})`}\n`,
  );
  return passed;
}

const wanted = new RegExp(process.env["guest_tests"] ?? ".");
const tests = readdirSync(join(DIST, "test/kernel"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.js") && !LEFT_OUT.test(file) && wanted.test(file))
  .toSorted()
  .map((file) => join(DIST, "test/kernel", file));

if (tests.length === 0) process.stdout.write("not ok - STEP tests (no file's name matches)\n");
const passed = [
  tests.length > 0,
  step("doctor", [TCPDROP, "doctor"]),
  step("demo", [TCPDROP, "demo", "--format", "json"]),
  ...tests.map((file) => step(file.slice(DIST.length + 1), ["--test-reporter=tap", file])),
];
process.exitCode = passed.every(Boolean) ? 0 : 1;
