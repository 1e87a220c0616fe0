/** The library as a program uses it: attached when it says so, detached at once, and failing where it should. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openTrace, type TraceItem, traceDrops } from "../../src/index.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { resets } from "./storm.ts";

/** 100 ms are promised; where others load the machine it may take more. */
const DETACHED_MS = patient(1000);
const LIMIT = { timeout: patient(30_000) };

describe("openTrace", () => {
  test("is attached when it resolves, and its end gives the summary", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    await using trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
    assert.equal(typeof trace.facts.headerAccess, "string");
    hosts.injectAll(resets(0, 20));
    assert.equal(
      trace.totals().sites.reduce((sum, { count }) => sum + count, 0),
      20,
    );
    const { totals } = await trace.end();
    assert.deepEqual([totals.shown, imbalance(totals)], [20, 0]);
    const events: TraceItem[] = [];
    for await (const event of trace) events.push(event);
    assert.deepEqual(
      [events.length, events.at(-1)?.kind],
      [21, "summary"],
      "what was not read yet is still there, the summary last",
    );
  });

  test("leaves no descriptor open, however the loop is left", LIMIT, async () => {
    const before = openDescriptors();
    {
      using hosts = new Hosts(libcSyscalls);
      for await (const _event of loop(hosts)) break;
      await assert.rejects(async () => {
        for await (const _event of loop(hosts)) throw new Error("the consumer broke");
      }, /the consumer broke/);
    }
    assert.equal(openDescriptors(), before);
  });

  test("two at once in one process see the same", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const options = { netns: [hosts.server.inode], stacks: "none" } as const;
    await using one = await openTrace(options);
    await using other = await openTrace(options);
    hosts.injectAll(resets(0, 7));
    const [first, second] = await Promise.all([one.end(), other.end()]);
    assert.deepEqual([first.totals.shown, second.totals.shown], [7, 7]);
  });
});

describe("the signal", () => {
  test("detaches within 100 ms, while the consumer is inside its loop", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const controller = new AbortController();
    hosts.injectAll([]);
    const events: TraceItem[] = [];
    const trace = await openTrace({
      netns: [hosts.server.inode],
      stacks: "none",
      signal: controller.signal,
    });
    hosts.injectAll(resets(0, 1));
    for await (const event of trace) {
      events.push(event);
      if (event.kind !== "drop") continue;
      controller.abort();
      await setTimeout(DETACHED_MS);
      hosts.injectAll(resets(10, 5));
    }
    const summary = events.at(-1);
    assert(summary?.kind === "summary");
    assert.equal(summary.totals.seen, 1, "nothing that was dropped later was seen");
  });

  test("that was aborted before attaches nothing", LIMIT, async () => {
    const before = openDescriptors();
    const signal = AbortSignal.abort();
    await assert.rejects(openTrace({ signal }), { name: "AbortError" });
    for await (const event of traceDrops({ signal })) assert.fail(event.kind);
    assert.equal(openDescriptors(), before);
  });
});

/** One drop and a loop over it. */
async function* loop(hosts: Hosts): AsyncGenerator<TraceItem> {
  const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
  hosts.injectAll(resets(0, 1));
  yield* trace;
}
