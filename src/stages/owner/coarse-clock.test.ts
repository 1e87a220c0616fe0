import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { CoarseClock } from "./coarse-clock.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("CoarseClock reads the clock once in 50 ms, and only when it is asked", () => {
  let reads = 0;
  const clock = new CoarseClock(() => {
    reads += 1;
    return 1000 * reads;
  });
  assert.deepEqual([clock.nowMs(), clock.nowMs(), reads], [1000, 1000, 1]);
  mock.timers.tick(50);
  mock.timers.tick(10_000);
  assert.equal(reads, 1);
  assert.deepEqual([clock.nowMs(), reads], [2000, 2]);
});
