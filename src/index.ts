/** The library: `for await (const event of traceDrops())`. */
import type { TraceItem } from "./model/index.ts";
import { openTrace, type TraceRequest } from "./trace.ts";

export * from "./errors.ts";
export { type Filter, parseFilter, printFilter } from "./filter-language/index.ts";
export { type NetCounters, readNetCounters } from "./host/net-counters.ts";
export * from "./model/index.ts";
export {
  COUNTER_RULES,
  type CounterRule,
  type EventMatch,
  REASONS,
  type ReasonRow,
  reasonRow,
} from "./reasons/index.ts";
export { type EventCount, EventCounts } from "./reconcile/event-counts.ts";
export {
  type Explanation,
  type ReconcileInput,
  type ReconcileRow,
  type Reconciliation,
  reconcile,
} from "./reconcile/reconcile.ts";
export { type JsonObject, type JsonValue, toJson, toJsonLine } from "./sinks/to-json.ts";
export type { TraceRequest } from "./trace.ts";

export interface TraceOptions extends TraceRequest {
  /** Ends the trace: the summary is then its last event. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Events that wait for the consumer at most; beyond, the ring fills, and what it cannot hold is told as
   * lost. Default 10,000.
   */
  readonly highWaterMark?: number | undefined;
}

/**
 * Every TCP drop from now on, as it happens; the last event is the summary. Leaving the loop detaches.
 *
 * Errors: PermissionError without the rights, UnsupportedError where the kernel cannot, at the first
 * `next()`.
 */
export async function* traceDrops(options: TraceOptions = {}): AsyncGenerator<TraceItem, void, undefined> {
  const queue: TraceItem[] = [];
  const highWaterMark = options.highWaterMark ?? 10_000;
  let ended = options.signal?.aborted ?? false;
  let wake: () => void = () => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  const { session } = openTrace(options, {
    event: (event) => queue.push(event) > 0,
    flush: () => wake(),
    isFull: () => queue.length >= highWaterMark,
    complete: end,
  });
  options.signal?.addEventListener("abort", end);
  try {
    for (;;) {
      yield* queue.splice(0);
      if (ended) break;
      if (queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (ended) resolve();
      });
    }
    const summary = await session.end();
    yield* queue.splice(0);
    yield summary;
  } finally {
    options.signal?.removeEventListener("abort", end);
    session[Symbol.dispose]();
  }
}
