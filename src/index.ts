/** The library: `for await (const event of traceDrops())`. */

export * from "./errors.ts";
export { type Filter, parseFilter, printFilter } from "./filter-language/index.ts";
export { type NetCounters, readNetCounters } from "./host/net-counters.ts";
export * from "./model/index.ts";
export { type EventCount, EventCounts } from "./reconcile/event-counts.ts";
export {
  type Explanation,
  type ReconcileInput,
  type ReconcileRow,
  type Reconciliation,
  reconcile,
} from "./reconcile/reconcile.ts";
export type { TraceRequest } from "./source/open-live.ts";
export type { SourceFacts } from "./source/source.ts";
export { openTrace, type Trace, type TraceOptions, traceDrops } from "./trace.ts";
