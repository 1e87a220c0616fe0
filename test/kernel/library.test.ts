/** The library as a program uses it: attached when it says so, detached promptly, failing where it should. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openTrace, type TraceItem, type TraceOptions, toJsonLine, traceDrops } from "../../src/index.ts";
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
      "unread events are still there, and the summary comes last",
    );
  });

  test("leaves no descriptor open, however the loop ends", LIMIT, async () => {
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

  test(
    "has closed everything when its end resolves, and keeps events, summary and totals",
    LIMIT,
    async () => {
      using hosts = new Hosts(libcSyscalls);
      const before = { owned: openDescriptors(), kernel: kernelObjects() };
      const trace = await openTrace({ netns: [hosts.server.inode], stacks: "all" });
      assert.notDeepEqual(kernelObjects(), before.kernel, "there is something to close");
      hosts.injectAll(resets(0, 5));
      const summary = await trace.end();
      assert.deepEqual({ owned: openDescriptors(), kernel: kernelObjects() }, before);
      const { kind, sites, totals } = trace.totals();
      assert.deepEqual([kind, totals.seen], ["totals", summary.totals.seen]);
      assert.deepEqual(
        sites.map(({ reason, count }) => [reason, count]),
        summary.bySite.map(({ reason, count }) => [reason, count]),
      );
      assert.deepEqual(trace.totals(), trace.totals(), "they stand still");
      const items: TraceItem[] = [];
      for await (const item of trace) items.push(item);
      assert.equal(items.length, 6);
      assert.deepEqual(items.at(-1)?.kind, "summary");
      for (const item of items.slice(0, 5)) assert.match(toJsonLine(item), /"stack":\[/);
      assert.deepEqual(await trace.end(), summary);
    },
  );

  test("has closed everything when a count has ended it, without a loop", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const before = openDescriptors();
    const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none", count: 2 });
    hosts.injectAll(resets(0, 3));
    for (let tries = 0; openDescriptors() !== before && tries < 1000; tries++) await setTimeout(10);
    assert.equal(openDescriptors(), before);
    assert.equal((await trace.end()).totals.shown, 2);
  });

  test("ends twice at once, and closes once, with its loop still waiting", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const before = openDescriptors();
    const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
    const kinds: string[] = [];
    const loop = (async () => {
      for await (const { kind } of trace) kinds.push(kind);
    })();
    const [one, other] = await Promise.all([trace.end(), trace.end()]);
    assert.equal(one, other);
    assert.equal(openDescriptors(), before);
    await loop;
    assert.deepEqual(kinds, ["summary"]);
  });

  test("has no totals once it was closed without its end, and says so by a code", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
    await trace[Symbol.asyncDispose]();
    assert.throws(() => trace.totals(), {
      name: "UsageError",
      code: "USAGE",
      message: "The trace was closed before its end was asked for: it has no totals any more",
      hint: /^Call end\(\) first/,
    });
  });

  test(
    "has one reader: a second loop at the same time is refused, and the first one ends",
    LIMIT,
    async () => {
      using hosts = new Hosts(libcSyscalls);
      const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
      const kinds: string[] = [];
      const first = (async () => {
        for await (const { kind } of trace) kinds.push(kind);
      })();
      await new Promise((resolve) => setImmediate(resolve));
      await assert.rejects(
        async () => {
          for await (const { kind } of trace) assert.fail(kind);
        },
        {
          name: "UsageError",
          message: /^A trace has one reader, and another loop reads this one/,
          hint: /./,
        },
      );
      hosts.injectAll(resets(0, 2));
      await trace.end();
      await first;
      assert.deepEqual(
        kinds,
        ["drop", "drop", "summary"],
        "the refused loop closed nothing and took nothing",
      );
      for await (const { kind } of trace) assert.fail(kind);
    },
  );

  test("has no summary and nothing to give once its loop was left", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
    hosts.injectAll(resets(0, 3));
    for await (const { kind } of trace) {
      assert.equal(kind, "drop");
      break;
    }
    await assert.rejects(trace.end(), {
      name: "UsageError",
      message: "The trace was closed before its end was asked for: it has no summary",
    });
    for await (const { kind } of trace) assert.fail(kind);
  });

  test("ends the loop that waits where somebody else closes it", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
    const items: TraceItem[] = [];
    const loop = (async () => {
      for await (const item of trace) items.push(item);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    await trace[Symbol.asyncDispose]();
    await loop;
    assert.deepEqual(items, []);
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

describe("the options", () => {
  test("take a filter as text and a namespace by its path", LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    // The namespace has no name, and a path only as a descriptor of the process that holds it.
    const netns = hosts.server.inside(() => `/proc/${process.pid}/task/${threadId()}/ns/net`);
    const inside = hosts.server.inside(() => openTrace({ netns, filter: "dst port 81", stacks: "none" }));
    await using trace = await inside;
    hosts.injectAll(resets(0, 3));
    const { totals } = await trace.end();
    assert.deepEqual([totals.shown, imbalance(totals)], [3, 0]);
  });

  test("that make no sense attach nothing", LIMIT, async () => {
    const before = openDescriptors();
    const wrong: unknown = { sampleOneOf: 100 };
    await assert.rejects(openTrace(wrong as TraceOptions), { code: "USAGE", hint: /Did you mean sample/ });
    await assert.rejects(openTrace({ count: 0 }), { code: "USAGE", message: /^count: 0 is not/ });
    await assert.rejects(traceDrops({ filter: "prot 1" }).next(), { code: "FILTER" });
    assert.equal(openDescriptors(), before);
  });
});

/** Of the thread that runs JavaScript: only it is in the namespace. */
function threadId(): string {
  return readlinkSync("/proc/thread-self").split("/").at(-1) ?? "";
}

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
    // Drops of other namespaces are seen and filtered out.
    const { seen, filtered, undecodable } = summary.totals;
    assert.equal(seen - filtered - undecodable, 1, "nothing that was dropped later was seen");
  });

  test("if aborted before, attaches nothing", LIMIT, async () => {
    const before = openDescriptors();
    const signal = AbortSignal.abort();
    await assert.rejects(openTrace({ signal }), { name: "AbortError" });
    for await (const event of traceDrops({ signal })) assert.fail(event.kind);
    assert.equal(openDescriptors(), before);
  });
});

/** What this process holds of the kernel: descriptors of BPF objects and of symbols, and mapped rings. */
function kernelObjects(): readonly string[] {
  const held = /bpf|kallsyms/;
  const mapped = readFileSync("/proc/self/maps", "utf8").split("\n");
  return [...readdirSync("/proc/self/fd").flatMap(descriptorName), ...mapped.map(lastWord)]
    .filter((name) => held.test(name))
    .sort();
}

/** None where it was closed meanwhile, as the one that lists the folder. */
function descriptorName(fd: string): readonly string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`)];
  } catch {
    return [];
  }
}

function lastWord(line: string): string {
  return line.split(" ").at(-1) ?? "";
}

/** One drop and a loop over it. */
async function* loop(hosts: Hosts): AsyncGenerator<TraceItem> {
  const trace = await openTrace({ netns: [hosts.server.inode], stacks: "none" });
  hosts.injectAll(resets(0, 1));
  yield* trace;
}
