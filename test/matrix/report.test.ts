import assert from "node:assert/strict";
import { test } from "node:test";
import { readReport } from "./report.ts";

const TEXT = `# STEP doctor
yes kernel                    6.1.0
no  receiving socket (rx_sk)  before Linux 6.11: state is not known
?   fentry                    refused (EPERM)
# TOOK 3 s
ok - STEP doctor
# STEP test/kernel/a.test.js
TAP version 13
ok 1 - one
  ---
  duration_ms: 2
  ...
    ok 1 - inside
      ---
      duration_ms: 1
      ...
    not ok 2 - inside, and counted by what is around it
      ---
      duration_ms: 12.5
      type: 'test'
      failureType: 'testCodeFailure'
      error: |-
        Expected 3
          and got 4
      stack: |-
        at a.test.ts:12
      ...
    1..2
not ok 2 - two
  ---
  duration_ms: 13
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
ok 3 - three # SKIP this kernel lacks netem
# TOOK 12 s
not ok - STEP test/kernel/a.test.js (exit 1)
GUEST-END rc=1
`;

test("readReport counts lines without indentation, and nothing twice", () => {
  const { passed, failed, skipped, missing, steps } = readReport(TEXT);
  assert.equal(passed, 1, "a step that passed is no test");
  assert.deepEqual(
    failed.map(({ name }) => name),
    ["two", "STEP test/kernel/a.test.js (exit 1)"],
  );
  assert.deepEqual(skipped, ["three (this kernel lacks netem)"]);
  assert.deepEqual(missing, [
    "receiving socket (rx_sk): before Linux 6.11: state is not known",
    "fentry: refused (EPERM)",
  ]);
  assert.deepEqual(steps, [
    { name: "doctor", tookS: 3 },
    { name: "test/kernel/a.test.js", tookS: 12 },
  ]);
});

test("readReport says why a test failed: what is inside it, and not that something is", () => {
  const [two, step] = readReport(TEXT).failed;
  assert.deepEqual(two?.why, [
    "not ok 2 - inside, and counted by what is around it",
    "  error: |-",
    "    Expected 3",
    "      and got 4",
    "  stack: |-",
    "    at a.test.ts:12",
  ]);
  assert.deepEqual(step?.why, [], "its test said why");
});

test("readReport says why a test without tests inside it failed, in few lines", () => {
  const stack = Array.from({ length: 60 }, (_unused, index) => `    at ${index}`).join("\n");
  const text = `# STEP a\nok 1 - one\n  ---\n  error: 'of one'\n  ...\n# Subtest: two\nnot ok 2 - two\n  ---\n  error: 'of two'\n  stack: |-\n${stack}\n  ...\nnot ok 3 - three\n  ---\n  error: 'of three'\n  ...\n# TOOK 1 s\nnot ok - STEP a (exit 1)\n`;
  const [two, three] = readReport(text).failed;
  assert.equal(two?.why.length, 41);
  assert.deepEqual(two?.why.slice(0, 3), ["  error: 'of two'", "  stack: |-", "    at 0"]);
  assert.equal(two?.why.at(-1), "... and 22 more lines");
  assert.deepEqual(three?.why, ["  error: 'of three'"]);
});

test("readReport: of a step that failed without a test, its last lines say why", () => {
  const said = Array.from({ length: 60 }, (_unused, index) => `line ${index}`);
  const [step] = readReport(
    `# STEP demo\n${said.join("\n")}\n# TOOK 1 s\nnot ok - STEP demo (exit 4)\n`,
  ).failed;
  assert.equal(step?.name, "STEP demo (exit 4)");
  assert.deepEqual(step.why, said.slice(20));
});

test("readReport: a step that started and did not end has failed", () => {
  const { passed, failed } = readReport(TEXT.replace("not ok - STEP test/kernel/a.test.js (exit 1)\n", ""));
  assert.equal(passed, 1);
  assert.deepEqual(
    failed.map(({ name }) => name),
    ["two", "STEP test/kernel/a.test.js (it did not end)"],
  );
});

test("readReport of a guest without output: nothing passed", () => {
  assert.deepEqual(readReport(""), { passed: 0, failed: [], skipped: [], missing: [], steps: [] });
});
