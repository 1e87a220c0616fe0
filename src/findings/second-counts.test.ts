import assert from "node:assert/strict";
import { test } from "node:test";
import { SecondCounts } from "./second-counts.ts";

test("SecondCounts adds up by second, and knows the most of one", () => {
  const seconds = new SecondCounts();
  for (const [second, count] of [
    [10, 1],
    [10, 4],
    [12, 2],
  ] as const)
    seconds.add(second, count);
  assert.deepEqual(seconds.recent, [
    [10, 5],
    [12, 2],
  ]);
  assert.equal(seconds.peak, 5);
});

test("SecondCounts keeps the last 16 seconds, and the peak of all", () => {
  const seconds = new SecondCounts();
  seconds.add(1, 100);
  for (let second = 2; second < 40; second += 1) seconds.add(second, 1);
  assert.deepEqual(
    seconds.recent.map(([second]) => second),
    Array.from({ length: 16 }, (_, at) => at + 24),
  );
  assert.equal(seconds.peak, 100);
});

test("SecondCounts loses none that comes late", () => {
  const seconds = new SecondCounts();
  for (const second of [10, 12, 11, 12, 9]) seconds.add(second, 1);
  assert.equal(
    seconds.recent.reduce((sum, [, count]) => sum + count, 0),
    5,
  );
  assert.ok(seconds.recent.every(([second], at, all) => at === 0 || second > (all[at - 1]?.[0] ?? 0)));
});

test("SecondCounts begins anew where the wall clock was set back", () => {
  const seconds = new SecondCounts();
  for (const second of [5000, 1000, 1001, 1002]) seconds.add(second, 1);
  assert.equal(seconds.peak, 1);
  assert.deepEqual(seconds.recent.at(-1), [1002, 1]);
});
