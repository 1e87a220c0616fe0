import assert from "node:assert/strict";
import { test } from "node:test";
import { refused } from "../../test/golden/sample-events.ts";
import type { Steps } from "../host/steps.ts";
import type { RefusedSample, RefusedWatch } from "../listeners/refused-watch.ts";
import { EndBudget } from "./end-budget.ts";
import { RefusedSampling } from "./refused-sampling.ts";

/** A watch that says what it was asked, in order. */
class ScriptedWatch implements RefusedWatch {
  readonly how = "by a script";
  readonly problem = undefined;
  readonly total = undefined;
  readonly log: string[] = [];
  failure: unknown;
  changed = true;
  ready: () => void = () => undefined;

  record(): void {}
  arm(ready: () => void): void {
    this.log.push("arm");
    this.ready = ready;
  }
  disarm(): void {
    this.log.push("disarm");
  }
  detach(): void {
    this.log.push("detach the watch");
  }
  *sample(untilMs?: number): Steps<RefusedSample> {
    this.log.push(untilMs === undefined ? "sample" : "last sample");
    yield;
    if (this.failure !== undefined) throw this.failure;
    return {
      timeNs: 1n,
      changed: this.changed,
      catchUp: untilMs === undefined ? undefined : () => this.#catchUp(),
      emit: (dropsComplete, final) => {
        this.log.push(`emit ${dropsComplete ? "complete" : "incomplete"}${final ? ", final" : ""}`);
        return [refused];
      },
    };
  }
  *#catchUp(): Steps<void> {
    yield;
    this.log.push("catch up");
  }
  [Symbol.dispose](): void {}
}

function scripted(): {
  watch: ScriptedWatch;
  sampling: RefusedSampling;
  failures: unknown[];
  kernel: { withoutEvent: number };
} {
  const watch = new ScriptedWatch();
  const failures: unknown[] = [];
  const kernel = { withoutEvent: 0 };
  const sampling = new RefusedSampling(watch, {
    wake: () => watch.log.push("wake"),
    fail: (failure) => failures.push(failure),
    countWithoutEvent: () => kernel.withoutEvent,
    nextId: () => 7,
  });
  return { watch, sampling, failures, kernel };
}

test("RefusedSampling wakes for a sample, reports it once the ring was read, and arms again", () => {
  const { watch, sampling } = scripted();
  sampling.start();
  sampling.start();
  assert.equal(
    sampling.report(() => assert.fail("nothing was sampled")),
    0,
  );
  watch.ready();
  assert.deepEqual(watch.log, ["arm", "sample", "wake"]);
  const events: unknown[] = [];
  assert.equal(
    sampling.report((event) => events.push(event)),
    1,
  );
  assert.deepEqual([events, sampling.seen], [[{ ...refused, id: 7 }], refused.detail.count]);
  assert.deepEqual(watch.log.slice(3), ["emit complete", "arm"]);
});

test("RefusedSampling: drops without an event since the last sample make it incomplete", () => {
  const { watch, sampling, kernel } = scripted();
  sampling.start();
  const report = (): string | undefined => {
    watch.ready();
    sampling.report(() => undefined);
    return watch.log.filter((line) => line.startsWith("emit")).at(-1);
  };
  kernel.withoutEvent = 3;
  assert.equal(report(), "emit incomplete");
  assert.equal(report(), "emit complete");
  kernel.withoutEvent = 4;
  watch.changed = false;
  assert.equal(report(), "emit complete", "nothing rose, so nothing is asked");
  watch.changed = true;
  assert.equal(report(), "emit incomplete");
});

test("RefusedSampling.takeLast samples, then detaches, then catches up", async () => {
  const { watch, sampling } = scripted();
  sampling.start();
  const taken = sampling.takeLast(new EndBudget(), () => {
    watch.log.push("detach");
    return Promise.resolve();
  });
  assert.equal(watch.log.at(-1), "detach", "in the same turn");
  await taken;
  sampling.reportLast(true, () => undefined);
  assert.deepEqual(watch.log, [
    "arm",
    "disarm",
    "last sample",
    "detach the watch",
    "detach",
    "catch up",
    "emit complete, final",
  ]);
});

test("RefusedSampling.reportLast: where the ring was not read to its end, drops are missing", async () => {
  const { watch, sampling } = scripted();
  await sampling.takeLast(new EndBudget(), () => Promise.resolve());
  sampling.reportLast(false, () => undefined);
  assert.equal(watch.log.at(-1), "emit incomplete, final");
});

test("RefusedSampling hands on what a sample throws; takeLast detaches, and rejects with it", async () => {
  const { watch, sampling, failures } = scripted();
  const failure = new TypeError("broken");
  watch.failure = failure;
  sampling.start();
  watch.ready();
  assert.deepEqual(failures, [failure]);
  let isAttached = true;
  const detach = async (): Promise<void> => {
    isAttached = false;
  };
  await assert.rejects(sampling.takeLast(new EndBudget(), detach), failure);
  assert.equal(isAttached, false);
});
