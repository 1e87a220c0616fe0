/**
 * The kernel's own counters beside the drops that were counted, `tcpdrop/reconcile`: what explains each rise,
 * and what is left.
 */
export { type CounterChange, counterChange, type NetCounters, readNetCounters } from "./host/net-counters.ts";
export type * from "./model/index.ts";
export type { CounterRule, EventMatch } from "./reasons/index.ts";
export {
  type EventCount,
  EventCounts,
  type EventKind,
  type RefusedSyns,
  type SiteKind,
} from "./reconcile/event-counts.ts";
export {
  type Explanation,
  type ReconcileInput,
  type ReconcileRow,
  type Reconciliation,
  reconcile,
} from "./reconcile/reconcile.ts";
