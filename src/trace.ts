/** A trace as a program uses it: `openTrace`, or `traceDrops` for the loop alone. */
import { UsageError } from "./errors.ts";
import type { SummaryNotice, TotalsNotice, TraceItem } from "./model/index.ts";
import { QueueSink } from "./out/queue-sink.ts";
import type { Run } from "./run/run.ts";
import { type CheckedOptions, checkOptions } from "./settings/options.ts";
import type { TraceOptions } from "./settings/request.ts";
import type { SourceFacts } from "./source/source.ts";

/**
 * An attached trace. Iterating gives its events as they happen, the summary last; leaving the loop detaches.
 * It has one reader: while a loop reads it, the first `next()` of another one rejects with a UsageError.
 */
export interface Trace extends AsyncDisposable, AsyncIterable<TraceItem> {
  /** What is known of this kernel and this trace. */
  readonly facts: SourceFacts;
  /**
   * What was dropped until now, by site; after `end` what it was then. Throws a UsageError where the trace
   * was closed before.
   */
  totals(): TotalsNotice;
  /**
   * Detaches within 100 ms, closes everything, and resolves with the summary, which is also the last event of
   * the iterator: what waits there can still be read.
   * Rejects with what made the trace fail, if something did; with a UsageError where the trace was closed
   * before.
   */
  end(): Promise<SummaryNotice>;
}

/**
 * Attaches: every drop from the moment it resolves is seen. Rejects with a PermissionError without the
 * rights, an UnsupportedError where the kernel cannot, a UsageError where an option is invalid.
 *
 * @example
 * ```ts
 * import { connect } from "node:net";
 * import { openTrace } from "tcpdrop";
 *
 * await using trace = await openTrace({ filter: "dst port 9", count: 1 });
 * connect(9, "127.0.0.1").on("error", () => {}); // nobody listens there
 * for await (const event of trace) {
 *   if (event.kind === "drop") console.log(event.flow.daddr, event.site.reason, event.class);
 *   if (event.kind === "summary") console.log("shown", event.totals.shown);
 * }
 * // prints: 127.0.0.1 NO_SOCKET refused
 * // prints: shown 1
 * ```
 */
export async function openTrace(options: TraceOptions = {}): Promise<Trace> {
  return await open(checkOptions(options));
}

async function open({ request, signal, highWaterMark }: CheckedOptions): Promise<Trace> {
  signal?.throwIfAborted();
  // Not before they are needed: an import of the library would read every table of reasons.
  const [{ openLive }, { startRun }, { lookupsOf }] = await Promise.all([
    import("./source/open-live.ts"),
    import("./run/start-run.ts"),
    import("./stages/owner/asked.ts"),
  ]);
  const openLookups = await lookupsOf(request);
  signal?.throwIfAborted();
  const queue = new QueueSink(highWaterMark);
  const live = openLive(request);
  const { source, filter, all } = live;
  const run = startRun(source, { ...request, filter, all, lookups: openLookups(live), sinks: [queue] });
  return new OpenTrace(run, source.facts, queue, signal);
}

class OpenTrace implements Trace {
  readonly facts: SourceFacts;
  readonly #run: Run;
  readonly #queue: QueueSink;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #ended: Promise<SummaryNotice> | undefined;
  /** Those of the end. */
  #lastTotals: TotalsNotice | undefined;
  #isOver = false;
  /** A loop is inside. */
  #isRead = false;

  constructor(run: Run, facts: SourceFacts, queue: QueueSink, signal: AbortSignal | undefined) {
    this.facts = facts;
    this.#run = run;
    this.#queue = queue;
    this.#signal = signal;
    // Not when the consumer comes back for the next event: it may be busy for long.
    this.#onAbort = () => void this.#end().catch(() => undefined);
    signal?.addEventListener("abort", this.#onAbort);
    void run.finished.then(this.#onAbort);
  }

  totals(): TotalsNotice {
    if (this.#lastTotals !== undefined) return this.#lastTotals;
    if (this.#isOver) throw closedWithout("totals any more");
    return this.#run.totals();
  }

  async end(): Promise<SummaryNotice> {
    const summary = await this.#end();
    this.#throwFailure();
    return summary;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TraceItem, void, undefined> {
    if (this.#isRead) throw secondReader();
    this.#isRead = true;
    try {
      for (;;) {
        const items = this.#queue.takeAll();
        yield* items;
        if (items.length > 0) continue;
        if (this.#isOver) break;
        await this.#queue.filled();
      }
      this.#throwFailure();
    } finally {
      this.#isRead = false;
      await this[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever leaves wants no summary; one that is being made is waited for.
    this.#ended ??= Promise.reject(closedWithout("summary"));
    await this.#ended.catch(() => undefined);
    await this.#run.stop();
    await this.#close();
  }

  #end(): Promise<SummaryNotice> {
    this.#ended ??= this.#summarize();
    return this.#ended;
  }

  async #summarize(): Promise<SummaryNotice> {
    try {
      const summary = await this.#run.close(await this.#run.end());
      this.#lastTotals = this.#run.totals();
      return summary;
    } finally {
      await this.#close();
    }
  }

  /** Nothing is open then, and nothing more comes into the queue: a loop ends once it has what is in it. */
  async #close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#isOver = true;
    this.#queue.flush();
    await this.#run[Symbol.asyncDispose]();
  }

  #throwFailure(): void {
    if (this.#run.failure !== undefined) throw this.#run.failure.cause;
  }
}

function secondReader(): UsageError {
  return new UsageError("A trace has one reader, and another loop reads this one", {
    hint: "Hand the items on from that loop, or open a trace for each.",
  });
}

function closedWithout(what: "summary" | "totals any more"): UsageError {
  return new UsageError(`The trace was closed before its end was asked for: it has no ${what}`, {
    hint: "Call end() first: leaving the loop closes the trace.",
  });
}

/**
 * Every TCP drop from now on, as it happens; the last event is the summary. Leaving the loop detaches, and so
 * does the signal, within 100 ms, whatever the loop does.
 *
 * What openTrace() rejects with is thrown by the first `next()`; what makes a running trace fail is thrown
 * after the summary.
 *
 * @example
 * ```ts
 * import { connect } from "node:net";
 * import { traceDrops } from "tcpdrop";
 *
 * const attempts = setInterval(() => connect(9, "127.0.0.1").on("error", () => {}), 100);
 * for await (const event of traceDrops({ filter: "dst port 9", count: 1 })) {
 *   if (event.kind === "drop") console.log(event.flow.dport, event.site.reason);
 * }
 * clearInterval(attempts);
 * // prints: 9 NO_SOCKET
 * ```
 */
export async function* traceDrops(options: TraceOptions = {}): AsyncGenerator<TraceItem, void, undefined> {
  const checked = checkOptions(options);
  const { signal } = checked;
  if (signal?.aborted === true) return;
  const trace = await open(checked).catch((failure: unknown) => {
    if (signal?.aborted === true && failure === signal.reason) return undefined;
    throw failure;
  });
  if (trace !== undefined) yield* trace;
}
