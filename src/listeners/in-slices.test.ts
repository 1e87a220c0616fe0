import assert from "node:assert/strict";
import { test } from "node:test";
import type { Steps } from "../host/steps.ts";
import { inSlices } from "./in-slices.ts";

const unexpected = (failure: unknown): void => assert.fail(String(failure));

/** Steps of about a millisecond each. */
function* slow(steps: number, log: string[]): Steps<string> {
  try {
    for (let step = 0; step < steps; step += 1) {
      for (const until = performance.now() + 1; performance.now() < until; );
      yield;
    }
    return "done";
  } finally {
    log.push("closed");
  }
}

test("inSlices gives the event loop a turn after each slice", async () => {
  const log: string[] = [];
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  log.push(await new Promise((done, failed) => inSlices(slow(20, log), 5, { done, failed })));
  isOver = true;
  assert.deepEqual(log, ["closed", "done"]);
  assert(turns >= 3, `${turns} turns`);
});

test("inSlices does at once what fits into a slice", () => {
  const log: string[] = [];
  const stop = inSlices(slow(0, log), 5, { done: (value) => log.push(value), failed: unexpected });
  assert.deepEqual(log, ["closed", "done"]);
  stop();
  assert.deepEqual(log, ["closed", "done"]);
});

test("inSlices that is ended calls nothing any more, and closes what the steps had open", async () => {
  const log: string[] = [];
  const stop = inSlices(slow(1000, log), 1, { done: (value) => log.push(value), failed: unexpected });
  stop();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(log, ["closed"]);
});

test("inSlices reports what a step throws, in whatever slice", async () => {
  function* failing(): Steps<string> {
    yield* slow(10, []);
    throw new Error("broken");
  }
  const failure = await new Promise((failed) => inSlices(failing(), 2, { done: assert.fail, failed }));
  assert.equal((failure as Error).message, "broken");
});
