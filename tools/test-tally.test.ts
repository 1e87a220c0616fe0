import assert from "node:assert/strict";
import { test } from "node:test";
import { TestTally } from "./test-tally.ts";

interface Run {
  readonly totals: Readonly<Record<string, number>>;
  readonly files?: Readonly<Record<string, number>>;
  readonly spec?: string;
}

function tallyOf(...runs: readonly Run[]): TestTally {
  const tally = new TestTally((file) => file.replace("/dist/", ""));
  for (const { totals, files = {}, spec = "" } of runs) {
    tally.begin();
    for (const [file, ms] of Object.entries(files))
      tally.complete({ name: file, file, details: { duration_ms: ms } });
    tally.complete({ name: "a test", file: "/dist/a.test.js", details: { duration_ms: 99_000 } });
    for (const [what, count] of Object.entries(totals)) tally.message(`${what} ${count}`);
    tally.spec(spec);
  }
  return tally;
}

test("TestTally adds up runs: one line counts all tests, and the slowest file stands first", () => {
  const tally = tallyOf(
    { totals: { tests: 9, pass: 7, fail: 0, skipped: 2 }, files: { "/dist/a.test.js": 1000 } },
    { totals: { tests: 1, pass: 1, fail: 0 }, files: { "/dist/b.test.js": 2540, "/dist/c.test.js": 10 } },
  );
  assert(tally.good);
  assert.deepEqual(tally.toString().split("\n"), [
    "the slowest of 3 files, which took 3.5 s:",
    "   2.5 s  b.test.js",
    "   1.0 s  a.test.js",
    "   0.0 s  c.test.js",
    "",
    "tests: 8 passed, 0 failed, 2 skipped",
    "",
  ]);
});

test("TestTally lists fifteen files", () => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_unused, index) => [`/dist/${index}`, index]));
  const lines = tallyOf({ totals: { pass: 1 }, files })
    .toString()
    .split("\n");
  assert.equal(lines.filter((line) => / s {2}\d+$/.test(line)).length, 15);
});

test("TestTally repeats what failed, of every run", () => {
  const tally = tallyOf(
    { totals: { pass: 1, fail: 1 }, spec: "ok one\n✖ failing tests:\n\nwhy two failed\n" },
    { totals: { pass: 1, cancelled: 1 }, spec: "✖ failing tests:\n\nwhy three failed\n" },
  );
  assert(!tally.good);
  assert.match(
    tally.toString(),
    /^failing tests:\n\nwhy two failed\nwhy three failed\n\nthe slowest[\s\S]*\ntests: 2 passed, 2 failed, 0 skipped\n$/,
  );
});

test("TestTally is not good without tests, nor if one of the runs had none", () => {
  assert(!tallyOf().good);
  assert(!tallyOf({ totals: { pass: 0 } }).good);
  assert(!tallyOf({ totals: { pass: 3 } }, { totals: {} }).good);
});
