import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

const go = (slice: () => void): void => slice();

test("StepRunner does nothing at once, and all of it in slices that let the event loop go on", async () => {
  const counts = { steps: 0 };
  const runner = new StepRunner(counting(counts, 10, 4), go);
  assert.equal(counts.steps, 0);
  await turn();
  assert.ok(counts.steps >= 1 && counts.steps < 10, String(counts.steps));
  while (counts.steps < 10) await turn();
  runner.stop();
});

test("StepRunner goes on where nothing else happens in the process", () => {
  // By itself: the event loop of a test is never idle.
  const program = `
    const { StepRunner } = await import(${JSON.stringify(import.meta.resolve("./step-runner.js"))});
    let steps = 0;
    function* each() {
      for (; steps < 20; steps += 1) {
        for (const untilMs = performance.now() + 2; performance.now() < untilMs; );
        yield;
      }
    }
    const runner = new StepRunner(each(), (slice) => slice());
    setTimeout(() => {
      runner.stop();
      console.log(steps);
    }, 1000);
  `;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  assert.equal(said, "20\n");
});

test("StepRunner does no step after stop, and none after one that threw", async () => {
  const counts = { steps: 0 };
  const stopped = new StepRunner(counting(counts, 100, 4), go);
  await turn();
  stopped.stop();
  const { steps } = counts;
  await turn();
  await turn();
  assert.equal(counts.steps, steps);
  const failures: string[] = [];
  const failing = new StepRunner(
    (function* (): Steps<void> {
      yield;
      throw new Error("no more");
    })(),
    (slice) => assert.throws(slice, (failure) => failures.push(String(failure)) > 0),
  );
  await turn();
  await turn();
  assert.deepEqual(failures, ["Error: no more"]);
  failing.stop();
});

test("StepRunner.runSlice does a slice now, and the rest as usual", async () => {
  const counts = { steps: 0 };
  const runner = new StepRunner(counting(counts, 10, 4), go);
  runner.runSlice();
  const { steps } = counts;
  assert.ok(steps >= 1 && steps < 10, String(steps));
  while (counts.steps < 10) await turn();
  const short = new StepRunner(counting({ steps: 0 }, 1, 0), go);
  short.runSlice();
  runner.stop();
});
