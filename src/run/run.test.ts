/** Runs over a scripted source: no kernel, no rights. What fails is in run-failures.test.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Totals } from "../model/index.ts";
import { EndBudget } from "../source/end-budget.ts";
import { ScriptedSource } from "../source/scripted.test.kit.ts";
import { CollectingSink } from "./collecting-sink.test.kit.ts";
import { dropLike, refusedLike } from "./events.test.kit.ts";
import { imbalance } from "./ledger.ts";
import { begin, drops, finish, PLAIN, until } from "./run.test.kit.ts";
import { Run } from "./run.ts";

describe("Run", () => {
  test("hands events to the sink in order, and the summary last", async () => {
    const { source, sink, run } = begin();
    source.push(...drops(600));
    await until(() => sink.events.length === 600);
    const { totals } = await finish(run);
    assert.deepEqual(
      sink.events.map((event) => event.kind === "drop" && event.packet.seq),
      Array.from({ length: 600 }, (_unused, index) => index),
    );
    assert.deepEqual([totals.seen, totals.shown, totals.unread], [600, 600, 0]);
    assert.equal(sink.notices.at(-1)?.kind, "summary");
    assert.deepEqual(
      sink.log.filter((step) => step !== "flush"),
      ["open", "settle", "close"],
    );
  });

  test("leaves events in the source while a blocking sink is full, and goes on when it has room", async () => {
    const sink = new CollectingSink();
    sink.room = 10;
    const { source, run } = begin({}, sink);
    source.push(...drops(10));
    await until(() => sink.events.length === 10);
    source.push(...drops(30));
    await setTimeout(40);
    assert.equal(source.waiting, 30, "nothing is drained meanwhile");
    sink.makeRoom(1000);
    await until(() => sink.events.length === 40);
    const { totals } = await finish(run);
    assert.deepEqual([totals.shown, totals.unread], [40, 0]);
  });

  test("counts what a full sink leaves in the source at the end as unread", async () => {
    const sink = new CollectingSink();
    sink.room = 5;
    const { source, run } = begin({}, sink);
    source.push(...drops(5));
    await until(() => sink.events.length === 5);
    source.push(...drops(20));
    const { totals } = await finish(run);
    assert.deepEqual([totals.seen, totals.shown, totals.unread], [25, 5, 20]);
    assert.deepEqual(source.log.slice(-2), ["stop", "discard"]);
  });

  test("--count ends it after so many events of any kind; the others are unread", async () => {
    const { source, sink, run } = begin({ count: 3 });
    source.push(dropLike(), refusedLike(5), dropLike(), dropLike(), dropLike());
    await run.finished;
    const { totals } = await finish(run);
    assert.equal(sink.events.length, 3);
    assert.deepEqual([totals.seen, totals.shown, totals.unread], [4, 2, 2]);
  });

  test("refused SYNs that the filter accepts are in the total after the count too", async () => {
    const { source, run } = begin({ count: 1, filter: { accepts: ({ id }) => id !== 70, rest: "id" } });
    source.refusedTotal = { count: 8, atMost: false, byCause: {}, causesAtMost: [], problem: undefined };
    source.push(dropLike(), refusedLike(5), { ...refusedLike(3), id: 70 });
    await run.finished;
    const { totals, outputs } = await finish(run);
    assert.equal(totals.refusedSyns?.count, 5);
    const [stdout] = outputs;
    assert.deepEqual([stdout?.refused.unread, stdout?.refused.filtered], [5, 3]);
  });

  test("a filter's rejections, hidden and limited events each have their account", async () => {
    const { source, sink, run } = begin({
      filter: { accepts: (event) => event.kind === "drop" && event.packet.seq !== 0, rest: "seq" },
      limits: { maxPerSecond: 2 },
    });
    source.push(...drops(5), dropLike({ seq: 9, class: "normal" }), dropLike({ seq: 9, class: "copy" }));
    await until(() => sink.events.length === 2);
    const { totals, filterRest } = await finish(run);
    const { filtered, hidden, limited, shown } = totals;
    assert.deepEqual(
      { filtered, hidden, limited, shown },
      {
        filtered: 1,
        hidden: { normal: 1, copy: 1 },
        limited: 2,
        shown: 2,
      },
    );
    assert.equal(filterRest, "seq");
    assert.deepEqual(
      source.learned.map(({ class: dropClass }) => dropClass),
      ["normal", "copy"],
    );
  });

  test("what a sink gives back counts as unread, by kind and reason", async () => {
    const sink = new CollectingSink();
    const reason = { ...dropLike().site, class: dropLike().class };
    const entry = { kind: "drop", count: 1, segments: 7, reason } as const;
    sink.refunds = { settle: [entry, entry], close: [entry] };
    const { source, run } = begin({}, sink);
    source.push(...Array.from({ length: 5 }, () => dropLike({ gsoSegs: 7 })));
    await until(() => sink.events.length === 5);
    const { totals, shownByReason } = await finish(run);
    assert.deepEqual([totals.shown, totals.shownSegments, totals.unread], [2, 14, 3]);
    assert.deepEqual(
      shownByReason.map(({ count }) => count),
      [2],
    );
  });

  test("reports losses as they come, and once more at the end", async () => {
    const { source, sink, run } = begin();
    source.kernel = { lost: 7 };
    // Looked for once a second at most, and when something comes.
    await until(() => {
      source.push(dropLike());
      return sink.notices.length === 1;
    });
    source.kernel = { lost: 9 };
    const { totals } = await finish(run);
    assert.deepEqual(
      sink.notices.map((notice) => notice.kind === "lost" && [notice.count, notice.total]).slice(0, 2),
      [
        [7, 7],
        [2, 9],
      ],
    );
    assert.equal(totals.lost, 9);
  });

  test("a primary sink whose reader has gone ends it", async () => {
    const { source, sink, run } = begin();
    sink.isClosed = true;
    source.push(dropLike());
    await run.finished;
    const { totals } = await finish(run);
    assert.deepEqual([totals.shown, totals.unread], [0, 1]);
  });

  test("stop reaches the source in the same turn, and only once", async () => {
    const { source, run } = begin();
    void run.stop();
    assert.equal(source.log.at(-1), "stop");
    await Promise.all([run.stop(), run.end()]);
    assert.equal(source.log.filter((step) => step === "stop").length, 1);
  });

  test("what one part of the end takes is missing to the later ones: all have one budget", async () => {
    const { source, sink, run } = begin();
    source.push(...drops(3));
    const { totals } = await finish(run, new EndBudget(performance.now() - 600));
    assert.deepEqual(sink.deadlinesMs, [0, 0]);
    assert.deepEqual([totals.shown, totals.unread], [0, 3]);
  });

  test("two runs in one process know nothing of each other", async () => {
    const [one, other] = [begin(), begin({ count: 1 })];
    one.source.push(...drops(3));
    other.source.push(...drops(2));
    await other.run.finished;
    await until(() => one.sink.events.length === 3);
    const totals: Totals[] = [(await finish(one.run)).totals, (await finish(other.run)).totals];
    assert.deepEqual(
      totals.map(({ seen, shown, unread }) => [seen, shown, unread]),
      [
        [3, 3, 0],
        [2, 1, 1],
      ],
    );
  });

  test("closing it closes source and sinks, also where it was never ended", async () => {
    const { source, sink, run } = begin();
    await run[Symbol.asyncDispose]();
    await setImmediate();
    assert.deepEqual([source.log.at(-1), sink.log.at(-1)], ["dispose", "dispose"]);
  });
});

describe("several sinks", () => {
  test("a stalled dropping sink costs the others nothing, and each identity holds", async () => {
    const [table, file, stalled] = [
      new CollectingSink("blocking", "table"),
      new CollectingSink("blocking", "file"),
      new CollectingSink("dropping", "stalled"),
    ];
    stalled.room = 2;
    const source = new ScriptedSource();
    const run = new Run(source, { ...PLAIN, sinks: [table, file, stalled] });
    run.start();
    source.push(...drops(50), refusedLike(4));
    await until(() => table.events.length === 51);
    const summary = await finish(run);
    assert.deepEqual(
      summary.outputs.map(({ name, drop, refused }) => [
        name,
        drop.shown,
        drop.unread,
        refused.shown,
        refused.unread,
      ]),
      [
        ["table", 50, 0, 4, 0],
        ["file", 50, 0, 4, 0],
        ["stalled", 2, 48, 0, 4],
      ],
    );
    for (const { drop, refused } of summary.outputs)
      assert.deepEqual([imbalance(drop), imbalance(refused)], [0, 0]);
    for (const [index, sink] of [table, file, stalled].entries()) {
      const own = sink.notices.find((notice) => notice.kind === "summary");
      const { refusedSyns: _shared, ...totals } = own?.totals ?? {};
      assert.deepEqual(totals, summary.outputs[index]?.drop, `the summary that ${sink.name} gets is its own`);
      assert.deepEqual(
        own?.shownByReason.map(({ count }) => count),
        [summary.outputs[index]?.drop.shown],
      );
    }
  });
});

test("Run reads the totals by site once at the end, however many summaries it makes", async () => {
  const { source, run } = begin();
  let readings = 0;
  const read = source.sites.bind(source);
  source.sites = () => {
    readings += 1;
    return read();
  };
  await finish(run);
  assert.equal(readings, 1);
});
