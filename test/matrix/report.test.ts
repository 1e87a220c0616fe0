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
    ok 1 - inside
    not ok 2 - inside, and counted by what is around it
ok 1 - one
not ok 2 - two
ok 3 - three # SKIP this kernel lacks netem
# TOOK 12 s
not ok - STEP test/kernel/a.test.js (exit 1)
GUEST-END rc=1
`;

test("readReport counts lines without indentation, and nothing twice", () => {
  const { passed, failed, skipped, missing, steps } = readReport(TEXT);
  assert.equal(passed, 1, "a step that passed is no test");
  assert.deepEqual(failed, ["two", "STEP test/kernel/a.test.js (exit 1)"]);
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

test("readReport: a step that started and did not end has failed", () => {
  const { passed, failed } = readReport(TEXT.replace("not ok - STEP test/kernel/a.test.js (exit 1)\n", ""));
  assert.deepEqual([passed, failed], [1, ["two", "STEP test/kernel/a.test.js (it did not end)"]]);
});

test("readReport of a guest without output: nothing passed", () => {
  assert.deepEqual(readReport(""), { passed: 0, failed: [], skipped: [], missing: [], steps: [] });
});
