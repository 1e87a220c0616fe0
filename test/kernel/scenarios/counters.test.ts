import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnexplained } from "./counters.ts";

const CASES: readonly (readonly [difference: number | undefined, room: number, boolean])[] = [
  [0, 0, false],
  [1, 0, true],
  [1, 1, false],
  [-1, 0, true],
  // Foreign rises cannot hide a rise that drops should have caused.
  [-1, Number.POSITIVE_INFINITY, true],
  [undefined, 0, false],
];

for (const [difference, room, expected] of CASES)
  test(`isUnexplained: a difference of ${difference} with room for ${room}`, () => {
    assert.equal(isUnexplained({ difference }, room), expected);
  });
