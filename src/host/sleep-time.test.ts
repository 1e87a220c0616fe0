import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ranMs, sleepSince } from "./sleep-time.test.kit.ts";

const MS = 100;
/** The kernel accounts a running thread at its ticks: 10 ms at most. */
const TICK_MS = 10;

describe("sleepSince", () => {
  test("a thread that blocks sleeps", () => {
    const slept = sleepSince();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MS);
    assert(slept() > MS - TICK_MS, `${slept()} ms`);
  });

  test("a thread that runs, or waits for a CPU, does not", () => {
    const [slept, before] = [sleepSince(), ranMs(process.pid)];
    for (const until = performance.now() + MS; performance.now() < until; );
    assert(slept() < MS / 2, `${slept()} ms`);
    assert(ranMs(process.pid) > before);
  });
});
