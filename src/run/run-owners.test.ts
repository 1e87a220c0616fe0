/** Events that wait for their owner: their order, their time, and that each ends in one account. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { ownerOf } from "../../test/owner-facts.ts";
import type { Event } from "../model/index.ts";
import { ScriptedLookup } from "../stages/scripted-lookup.test.kit.ts";
import { CollectingSink } from "./collecting-sink.test.kit.ts";
import { dropLike } from "./events.test.kit.ts";
import { begin, finish, messageOf, type Scene, until } from "./run.test.kit.ts";
import type { RunOptions } from "./run-options.ts";

const NGINX = ownerOf({ comm: "nginx" });
const CURL = ownerOf({ comm: "curl" });

const numbered = (...ids: readonly number[]) => ids.map((id) => dropLike({ id }));
const upTo = (count: number) => Array.from({ length: count }, (_unused, index) => index);

interface OwnerScene extends Scene {
  readonly lookup: ScriptedLookup;
  readonly shown: () => readonly number[];
}

function beginWith(options: Partial<RunOptions> = {}, sink = new CollectingSink()): OwnerScene {
  const lookup = new ScriptedLookup();
  const scene = begin({ lookups: [lookup], ...options }, sink);
  return { ...scene, lookup, shown: () => sink.events.map(({ id }) => id) };
}

/** So many were asked for. */
const asked = ({ lookup }: OwnerScene, count: number) => until(() => lookup.asked.length === count);

describe("a run with a lookup", () => {
  test("an event whose owner is known passes at once, and those behind one that waits stay in order", async () => {
    const scene = beginWith({ ownerWaitMs: 5000 });
    const { source, lookup, shown, sink, run } = scene;
    for (const id of [1, 3]) lookup.known.set(id, NGINX);
    source.push(...numbered(1, 2, 3));
    await asked(scene, 3);
    await setTimeout(20);
    assert.deepEqual(shown(), [1]);
    lookup.settle(CURL, 2);
    assert.deepEqual(shown(), [1, 2, 3]);
    assert.deepEqual(
      sink.events.map(({ owner }) => owner),
      [NGINX, CURL, NGINX],
    );
    const { totals, ownerLate } = await finish(run);
    assert.deepEqual([totals.shown, ownerLate], [3, 0]);
  });

  test("an event leaves when its time is up, with what is known then, and is counted as late", async () => {
    const scene = beginWith({ ownerWaitMs: 30 });
    const began = performance.now();
    scene.source.push(...numbered(1, 2));
    await until(() => scene.shown().length === 2);
    assert.ok(performance.now() - began >= 29, `${performance.now() - began} ms`);
    assert.deepEqual(
      scene.sink.events.map(({ owner }) => owner),
      [undefined, undefined],
    );
    assert.equal((await finish(scene.run)).ownerLate, 2);
  });

  test("an event that has its owner is not late where only the namespace's name is missing", async () => {
    const scene = beginWith({ ownerWaitMs: 30 });
    scene.source.push(...numbered(1, 2));
    await asked(scene, 2);
    scene.lookup.answer(NGINX, 1);
    await until(() => scene.shown().length === 2);
    assert.deepEqual(
      scene.sink.events.map(({ owner }) => owner),
      [NGINX, undefined],
    );
    assert.equal((await finish(scene.run)).ownerLate, 1);
  });

  test("nothing waits where the time is 0", async () => {
    const scene = beginWith({ ownerWaitMs: 0 });
    scene.source.push(...numbered(1, 2));
    await until(() => scene.shown().length === 2);
    assert.equal((await finish(scene.run)).ownerLate, 2);
    assert.deepEqual(scene.lookup.log, ["start", "dispose"].slice(0, 1), "no last try");
  });

  test("draining goes on while events wait, and beyond 4,096 the first one leaves", async () => {
    const scene = beginWith({ ownerWaitMs: 5000 });
    scene.source.push(...numbered(...upTo(4100)));
    await asked(scene, 4100);
    assert.deepEqual(scene.shown(), [0, 1, 2, 3]);
    scene.lookup.settle(NGINX, ...upTo(4100));
    assert.deepEqual(scene.shown(), upTo(4100));
    const { totals, ownerLate } = await finish(scene.run);
    assert.deepEqual([totals.shown, ownerLate], [4100, 4]);
  });

  test("what waits stays where the sinks are full, and nothing is drained beyond the bound", async () => {
    const sink = new CollectingSink();
    sink.room = 1;
    const scene = beginWith({ ownerWaitMs: 10 }, sink);
    scene.source.push(...numbered(0, 1, 2));
    await until(() => scene.shown().length === 1);
    scene.source.push(...numbered(3));
    await setTimeout(40);
    assert.deepEqual([scene.shown(), scene.source.waiting], [[0], 1]);
    sink.makeRoom(100);
    await until(() => scene.shown().length === 4);
    assert.deepEqual(scene.shown(), [0, 1, 2, 3]);
    assert.equal((await finish(scene.run)).totals.unread, 0);
  });

  test("no timer runs while nothing waits", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const scene = beginWith({ ownerWaitMs: 5000 });
    scene.source.push(...numbered(1));
    await asked(scene, 1);
    // The run's own, which looks for more drops, ends by itself.
    await setTimeout(200);
    assert.equal(timers(), 1);
    scene.lookup.settle(NGINX, 1);
    assert.equal(timers(), 0);
    await finish(scene.run);
  });

  test("--count shows exactly so many: those that wait count, and nothing more is drained for them", async () => {
    const scene = beginWith({ count: 3, ownerWaitMs: 5000 });
    scene.source.push(...numbered(1, 2, 3));
    await asked(scene, 3);
    scene.source.push(...numbered(4, 5));
    await setTimeout(40);
    assert.equal(scene.source.waiting, 2);
    scene.lookup.settle(NGINX, 1, 2, 3);
    await scene.run.finished;
    const { totals } = await finish(scene.run);
    assert.deepEqual([totals.seen, totals.shown, totals.unread], [5, 3, 2]);
  });

  test("--count within one batch: the others that wait are unread", async () => {
    const scene = beginWith({ count: 2, ownerWaitMs: 5000 });
    scene.source.push(...numbered(1, 2, 3, 4));
    await asked(scene, 4);
    scene.lookup.settle(NGINX, 1, 2, 3, 4);
    await scene.run.finished;
    const { totals, unreadBy } = await finish(scene.run);
    assert.deepEqual([totals.shown, totals.unread, unreadBy], [2, 2, { count: 2 }]);
  });

  test("the end has one last try, and all leave", async () => {
    const scene = beginWith({ ownerWaitMs: 5000 });
    scene.lookup.lastAnswer = CURL;
    scene.source.push(...numbered(1, 2));
    await asked(scene, 2);
    scene.source.push(...numbered(3));
    const { totals, ownerLate } = await finish(scene.run);
    assert.deepEqual([totals.shown, ownerLate], [3, 0]);
    assert.deepEqual(
      scene.sink.events.map(({ id, owner }) => [id, owner]),
      [
        [1, CURL],
        [2, CURL],
        [3, CURL],
      ],
    );
    assert.deepEqual(scene.lookup.log, ["start", "settleNow true"]);
  });

  test("observers see what is shown with its owner, and what is hidden at once", async () => {
    const seen: (readonly [number, string | undefined])[] = [];
    const observe = ({ id, owner }: Event) => void seen.push([id, owner?.process?.comm]);
    const scene = beginWith({ ownerWaitMs: 5000, observers: [{ observe }] });
    scene.source.push(...numbered(1), dropLike({ id: 2, class: "normal" }));
    await until(() => seen.length === 1);
    assert.deepEqual([seen, scene.lookup.asked], [[[2, undefined]], [1]]);
    scene.lookup.settle(NGINX, 1);
    assert.deepEqual(seen.at(-1), [1, "nginx"]);
    await finish(scene.run);
  });

  test("a filter that asks for the owner is evaluated again, and the limit comes after it", async () => {
    const accepts = ({ owner }: Event): boolean => owner === undefined || owner === NGINX;
    const scene = beginWith({
      ownerWaitMs: 5000,
      filter: { accepts, rest: "owner nginx", asksOwner: true },
      limits: { maxPerSecond: 2 },
    });
    scene.source.push(...numbered(1, 2, 3, 4, 5));
    await asked(scene, 5);
    scene.lookup.settle(CURL, 1, 2);
    scene.lookup.settle(NGINX, 3, 4, 5);
    assert.deepEqual(scene.shown(), [3, 4]);
    const { totals } = await finish(scene.run);
    assert.deepEqual([totals.shown, totals.filtered, totals.limited], [2, 2, 1]);
    // The source learns of each whose it is, accepted or not.
    assert.deepEqual(
      scene.source.owned.map(({ id, owner }) => [id, owner]),
      [
        [1, CURL],
        [2, CURL],
        [3, NGINX],
        [4, NGINX],
        [5, NGINX],
      ],
    );
  });

  test("--count with such a filter goes on draining where those that waited were not asked for", async () => {
    const accepts = ({ owner }: Event): boolean => owner === undefined || owner === NGINX;
    const scene = beginWith({
      ownerWaitMs: 5000,
      count: 1,
      filter: { accepts, rest: "owner nginx", asksOwner: true },
    });
    scene.source.push(...numbered(1));
    await asked(scene, 1);
    scene.source.push(...numbered(2));
    scene.lookup.settle(CURL, 1);
    await asked(scene, 2);
    scene.lookup.settle(NGINX, 2);
    await scene.run.finished;
    assert.deepEqual(scene.shown(), [2]);
    const { totals } = await finish(scene.run);
    assert.deepEqual([totals.shown, totals.filtered], [1, 1]);
  });
});

test("whatever is known when, events leave in their order, each once, and the sum holds", async () => {
  const scenes = fc.sample(
    fc.record({
      known: fc.subarray(upTo(30)),
      batches: fc.array(fc.array(fc.nat({ max: 29 }), { maxLength: 10 }), { maxLength: 6 }),
      pushed: fc.integer({ min: 1, max: 30 }),
      count: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      ownerWaitMs: fc.constantFrom(0, 3, 5000),
    }),
    40,
  );
  for (const { known, batches, pushed, count, ownerWaitMs } of scenes) {
    const scene = beginWith({ count, ownerWaitMs });
    for (const id of known) scene.lookup.known.set(id, NGINX);
    scene.source.push(...numbered(...upTo(pushed)));
    for (const ids of batches) {
      await setTimeout(1);
      scene.lookup.settle(CURL, ...ids);
    }
    scene.source.push(...numbered(...upTo(30).slice(pushed)));
    const { totals } = await finish(scene.run);
    assert.deepEqual(scene.shown(), upTo(totals.shown));
    assert.equal(totals.shown, Math.min(30, count ?? 30));
    await scene.run[Symbol.asyncDispose]();
  }
});

describe("a lookup that fails", () => {
  for (const place of ["apply", "fill", "settleNow"] as const)
    test(`ends the run with the summary: in ${place}`, async () => {
      const scene = beginWith({ ownerWaitMs: place === "settleNow" ? 5000 : 20 });
      scene.lookup.failure = { in: place, error: new Error("no descriptors") };
      scene.source.push(...numbered(1, 2, 3));
      if (place === "settleNow") await asked(scene, 3);
      else await scene.run.finished;
      const { totals } = await finish(scene.run);
      assert.equal(messageOf(scene.run), "no descriptors");
      assert.equal(totals.shown + totals.unread, 3);
      assert.equal(totals.unread, place === "settleNow" ? 0 : 1);
    });

  test("in a callback of its own ends the run, and what waits is shown", async () => {
    const scene = beginWith({ ownerWaitMs: 5000 });
    scene.source.push(...numbered(1, 2));
    await asked(scene, 2);
    scene.lookup.fail(new Error("the walk broke"));
    await scene.run.finished;
    const { totals, ownerLate } = await finish(scene.run);
    assert.deepEqual([messageOf(scene.run), totals.shown, ownerLate], ["the walk broke", 2, 2]);
  });

  test("a sink that throws while events leave ends the run, and each has its account", async () => {
    const scene = beginWith({ ownerWaitMs: 5000 });
    scene.source.push(...numbered(1, 2, 3));
    await asked(scene, 3);
    scene.sink.failure = new Error("the sink broke");
    scene.lookup.settle(NGINX, 1, 2, 3);
    await scene.run.finished;
    scene.sink.failure = undefined;
    const { totals } = await finish(scene.run);
    assert.deepEqual([messageOf(scene.run), totals.shown, totals.unread], ["the sink broke", 2, 1]);
  });

  test("what it could not do is in the summary, and it is closed with the run", async () => {
    const scene = beginWith();
    scene.lookup.problemsSoFar = ["no rights"];
    assert.deepEqual((await finish(scene.run)).problems, ["no rights"]);
    await scene.run[Symbol.asyncDispose]();
    assert.equal(scene.lookup.log.at(-1), "dispose");
  });
});

test("a run without lookups says nothing of late owners", async () => {
  assert.equal((await finish(begin().run)).ownerLate, undefined);
});
