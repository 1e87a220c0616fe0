import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StepRunner } from "./step-runner.ts";
import type { Steps } from "./steps.ts";

function* counting(counts: { steps: number }, until: number, stepMs: number): Steps<void> {
  while (counts.steps < until) {
    counts.steps += 1;
    const untilMs = performance.now() + stepMs;
    while (performance.now() < untilMs);
    yield;
  }
}

test("StepRunner does nothing at once, and all of it in slices that let the event loop go on", async () => {
  const counts = { steps: 0 };
  const runner = new StepRunner(counting(counts, 10, 4));
  assert.equal(counts.steps, 0);
  await turn();
  assert.ok(counts.steps >= 1 && counts.steps < 10, String(counts.steps));
  while (counts.steps < 10) await turn();
  assert.equal(runner.failure, undefined);
});

test("StepRunner does no step after stop, and keeps what a step threw", async () => {
  const counts = { steps: 0 };
  const stopped = new StepRunner(counting(counts, 100, 4));
  await turn();
  stopped.stop();
  const { steps } = counts;
  await turn();
  await turn();
  assert.equal(counts.steps, steps);
  const failing = new StepRunner(
    (function* (): Steps<void> {
      yield;
      throw new Error("no more");
    })(),
  );
  await turn();
  assert.match(String(failing.failure?.cause), /no more/);
});
