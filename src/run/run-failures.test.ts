/** What fails in a run ends it, with the summary; what is only missing is a problem in it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CollectingSink } from "./collecting-sink.test.kit.ts";
import { dropLike } from "./events.test.kit.ts";
import { begin, drops, finish, messageOf } from "./run.test.kit.ts";

describe("Run", () => {
  test("a stage that throws ends the run, with the summary, and says why", async () => {
    let applied = 0;
    const stage = {
      name: "broken",
      apply() {
        applied += 1;
        if (applied === 3) throw new Error("the stage broke");
      },
      problems: () => [],
    };
    const { source, sink, run } = begin({ stages: [stage] });
    source.push(...drops(10));
    await run.finished;
    const { totals } = await finish(run);
    assert.equal(messageOf(run), "the stage broke");
    assert.equal(totals.seen, 10);
    assert.equal(totals.shown, sink.events.length);
    assert.equal(totals.shown + totals.unread, 10);
    assert.ok(totals.unread >= 1, "the event at which it broke was not shown");
  });

  for (const part of ["filter", "observer"] as const)
    test(`the event at which it broke counts as unread: the ${part}`, async () => {
      let looked = 0;
      const look = (): boolean => {
        looked += 1;
        if (looked === 3) throw new Error(`the ${part} broke`);
        return true;
      };
      const { source, run } = begin(
        part === "filter"
          ? { filter: { accepts: look, rest: "port 1" } }
          : { observers: [{ observe: look }] },
      );
      source.push(...drops(10));
      await run.finished;
      const { totals } = await finish(run);
      assert.equal(messageOf(run), `the ${part} broke`);
      assert.deepEqual([totals.seen, totals.shown + totals.unread], [10, 10]);
    });

  test("a source that fails in a drain ends the run, and its other events are accounted for", async () => {
    const { source, run } = begin();
    source.drainFailure = new Error("EMFILE");
    source.push(...drops(4));
    await run.finished;
    const { totals } = await finish(run);
    assert.equal(messageOf(run), "EMFILE");
    assert.deepEqual([totals.seen, totals.shown + totals.unread], [4, 4]);
  });

  test("a source that fails in a callback of its own ends the run", async () => {
    const { source, run } = begin();
    source.fail(new Error("the timer broke"));
    await run.finished;
    await finish(run);
    assert.equal(messageOf(run), "the timer broke");
  });

  test("what a caller's callback throws ends the run, too", async () => {
    const { run } = begin();
    run.attempt(() => {
      throw new Error("the timer broke");
    });
    await run.finished;
    await finish(run);
    assert.equal(messageOf(run), "the timer broke");
  });

  test("a source that cannot stop still gives a summary", async () => {
    const { source, run } = begin();
    source.stopFailure = new Error("EIO");
    source.push(dropLike());
    const { totals } = await finish(run);
    assert.equal(messageOf(run), "EIO");
    assert.equal(totals.seen, 1);
  });

  test("a sink that throws ends the run; the event is declined there and taken elsewhere", async () => {
    const broken = new CollectingSink("dropping", "broken");
    broken.failure = new Error("the consumer broke");
    const primary = new CollectingSink();
    const { source, run } = begin({ sinks: [primary, broken] });
    source.push(dropLike());
    await run.finished;
    broken.failure = undefined;
    const { totals } = await finish(run);
    assert.equal(messageOf(run), "the consumer broke");
    assert.deepEqual([totals.seen, totals.shown], [1, 1]);
    assert.equal(primary.events.length, 1);
  });

  test("what source and stages could not do is in the summary, each problem once", async () => {
    const stage = {
      name: "owner",
      apply: () => undefined,
      problems: () => ["no room", "nobody knows whose"],
    };
    const { source, run } = begin({ stages: [stage] });
    source.problemsSoFar = ["no symbols", "no room"];
    assert.deepEqual(run.summaryNow().problems, ["no symbols", "no room", "nobody knows whose"]);
    source.problemsSoFar = [];
    assert.deepEqual((await finish(run)).problems, ["no room", "nobody knows whose"]);
  });
});
