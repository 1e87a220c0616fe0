import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readConntrackCounters } from "./conntrack-counters.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";

const FILE = "proc/thread-self/net/stat/nf_conntrack";

test("readConntrackCounters adds up the CPUs, by the names in the first line", () => {
  using root = fixtureRoot({
    [FILE]: `entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop
00000003  00000000 00000000 00000000 0000000a 00000000 00000000 00000000 00000000 00000001 00000002 00000000
00000003  00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 000000ff 00000000
`,
  });
  assert.deepEqual(Object.fromEntries(readConntrackCounters(root.path)), {
    "conntrack.drop": 257n,
    "conntrack.early_drop": 0n,
    "conntrack.insert_failed": 1n,
    "conntrack.invalid": 11n,
  });
});

test("readConntrackCounters gives nothing without the file, and never throws", () => {
  using empty = fixtureRoot();
  assert.equal(readConntrackCounters(empty.path).size, 0);
  fc.assert(
    fc.property(fc.string(), (text) => {
      using root = fixtureRoot({ [FILE]: text });
      readConntrackCounters(root.path);
    }),
    { numRuns: 50 },
  );
});
