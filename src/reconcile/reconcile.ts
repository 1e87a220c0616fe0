/**
 * Compares the kernel's counters with the drops that were counted, row by row: how much each rose, which
 * drops explain it, and what is left.
 *
 * Pure: it compares two readings (host/net-counters.ts) with counted events (event-counts.ts), by the rules
 * of reasons/. Drops that always raise a counter explain it whether it rose or not, so a drop that did not
 * raise it shows as a negative difference. Drops that may raise it explain what is left of a rise, and no
 * more. Drops just at a reading may be on either side of it: a difference of up to as many is explained.
 */
import { counterChange, type NetCounters } from "../host/net-counters.ts";
import { COUNTER_RULES, type CounterRule } from "../reasons/index.ts";
import type { EventCount } from "./event-counts.ts";
import { matches } from "./matches.ts";

export interface Explanation {
  readonly source: "kfree_skb" | "listener";
  /** Undefined if the kernel has no name for it. */
  readonly reason: string | undefined;
  /** Skbs, or segments if the row counts those. */
  readonly count: number;
  /**
   * How many such drops there were: more than `count` if these may raise the counter and not all are needed.
   */
  readonly of: number;
}

export interface ReconcileRow {
  /** As nstat prints it: "TcpExtListenDrops"; several joined by " + ". */
  readonly counter: string;
  readonly unit: "skbs" | "segments";
  /** Undefined if the counter fell. */
  readonly rise: number | undefined;
  /** How much of the rise the drops explain. */
  readonly explained: number;
  readonly explainedBy: readonly Explanation[];
  /**
   * Rise minus explained; negative if more was dropped than the kernel counted. Undefined if the counter
   * fell.
   */
  readonly difference: number | undefined;
  /** How many drops just at a reading may be in the rise or not: a difference of up to so many is explained. */
  readonly uncertain: number;
  /** What may explain the difference; undefined if it is explained. */
  readonly why: string | undefined;
}

export interface Reconciliation {
  /** Counters that rose, or that drops should have raised. */
  readonly rows: readonly ReconcileRow[];
  /** Drops that none of these counters counts. */
  readonly uncounted: readonly Explanation[];
}

export interface ReconcileInput {
  readonly before: NetCounters;
  readonly after: NetCounters;
  /** All drops of the namespace between the two readings: EventCounts.list. */
  readonly events: readonly EventCount[];
  /** Those so close to a reading that it may have counted them or not, whether in `events` or not. */
  readonly uncertain?: readonly EventCount[] | undefined;
  /** How many more of those there were, of which nothing is known. */
  readonly uncertainOther?: number | undefined;
  /**
   * Names of this kernel's core drop reasons. Without them, it is unknown whether a rule for kernels that
   * lack one applies.
   */
  readonly kernelReasons?: ReadonlySet<string> | undefined;
}

/**
 * `rules`: the kernel's, except in tests.
 *
 * @example
 * ```ts
 * import { EventCounts, reconcile } from "tcpdrop/reconcile";
 *
 * const counts = new EventCounts();
 * counts.addRefused({ cause: "ACCEPT_QUEUE_FULL", count: 3 });
 * const { rows } = reconcile({
 *   before: new Map([["TcpExtListenOverflows", 0n]]),
 *   after: new Map([["TcpExtListenOverflows", 3n]]),
 *   events: counts.list,
 * });
 * console.log(rows.map(({ counter, rise, explained }) => [counter, rise, explained]));
 * // prints: [ [ 'TcpExtListenOverflows', 3, 3 ] ]
 * ```
 */
export function reconcile(
  input: ReconcileInput,
  rules: readonly CounterRule[] = COUNTER_RULES,
): Reconciliation {
  const counted = input.events.map(() => 0);
  const rows = rules
    .flatMap((rule) => forEachDevice(rule, input.after))
    .flatMap(({ rule, device }) => {
      const { row, used } = reconcileOne(input, rule, device);
      if (row === undefined) return [];
      for (const [index, count] of used.entries()) counted[index] = Math.max(counted[index] ?? 0, count);
      return [row];
    });
  const left = input.events.map((event, index) => ({ event, count: event.skbs - (counted[index] ?? 0) }));
  return { rows, uncounted: explanations(left.map(({ event, count }) => ({ event, count, of: count }))) };
}

/** A rule for "*.rx_dropped", repeated for each device. */
function forEachDevice(
  rule: CounterRule,
  after: NetCounters,
): readonly { rule: CounterRule; device: string | undefined }[] {
  const suffix = rule.counters[0]?.startsWith("*.") === true ? rule.counters[0].slice(1) : undefined;
  if (suffix === undefined) return [{ rule, device: undefined }];
  return [...after.keys()]
    .filter((name) => name.endsWith(suffix))
    .map((name) => ({ rule: { ...rule, counters: [name] }, device: name.slice(0, -suffix.length) }));
}

interface Share {
  readonly event: EventCount;
  readonly count: number;
  readonly of: number;
}

function reconcileOne(
  input: ReconcileInput,
  rule: CounterRule,
  device: string | undefined,
): { row: ReconcileRow | undefined; used: readonly number[] } {
  const change = totalChange(input, rule.counters);
  if (change.kind === "absent") return { row: undefined, used: [] };
  const amount = (event: EventCount): number => (rule.unit === "segments" ? event.segments : event.skbs);
  const roles = input.events.map((event) => roleOf(event, rule, device, input.kernelReasons));
  const certain = sum(input.events.map((event, index) => (roles[index] === "always" ? amount(event) : 0)));
  let open = change.kind === "fell" ? 0 : Math.max(0, change.by - certain);
  const shares = input.events.map((event, index): Share => {
    const of = amount(event);
    const count = roles[index] === "always" ? of : roles[index] === "sometimes" ? Math.min(open, of) : 0;
    if (roles[index] === "sometimes") open -= count;
    return { event, count, of };
  });
  const explained = sum(shares.map(({ count }) => count));
  const rise = change.kind === "fell" ? undefined : change.by;
  if (rise === 0 && explained === 0) return { row: undefined, used: [] };
  const difference = rise === undefined ? undefined : rise - explained;
  const uncertain = uncertainOf(input, rule, device);
  const row: ReconcileRow = {
    counter: rule.counters.join(" + "),
    unit: rule.unit,
    rise,
    explained,
    explainedBy: explanations(shares),
    difference,
    uncertain,
    why: isExplained({ difference, uncertain }) ? undefined : why(rule, difference, change.kind),
  };
  // Back from segments to skbs: a kind's share of its segments is the same share of its skbs, rounded up.
  return {
    row,
    used: shares.map(({ event, count, of }) => (of === 0 ? 0 : Math.ceil((count / of) * event.skbs))),
  };
}

/** How many drops just at a reading can raise the counters, as far as that is known. */
function uncertainOf(
  { uncertain = [], uncertainOther = 0, kernelReasons }: ReconcileInput,
  rule: CounterRule,
  device: string | undefined,
): number {
  const near = uncertain.filter((event) => roleOf(event, rule, device, kernelReasons) !== "never");
  return uncertainOther + sum(near.map(({ segments, skbs }) => (rule.unit === "segments" ? segments : skbs)));
}

/** True where drops just at a reading can make the difference, or there is none. */
export function isExplained({
  difference,
  uncertain,
}: Pick<ReconcileRow, "difference" | "uncertain">): boolean {
  return difference !== undefined && Math.abs(difference) <= uncertain;
}

type Change =
  | { readonly kind: "rose" | "appeared"; readonly by: number }
  | { readonly kind: "fell" }
  | { readonly kind: "absent" };

/** The rise of the counters together; those that this kernel lacks are left out. */
function totalChange({ before, after }: ReconcileInput, counters: readonly string[]): Change {
  let by = 0;
  let kind: "rose" | "appeared" | undefined;
  for (const name of counters) {
    const change = counterChange(before, after, name);
    if (change.kind === "reset") return { kind: "fell" };
    if (change.kind === "absent") continue;
    by += change.by;
    kind = kind === "appeared" ? kind : change.kind;
  }
  return kind === undefined ? { kind: "absent" } : { kind, by };
}

/** An event's role in a rule. If it is not fully known, `always` becomes `sometimes`. */
function roleOf(
  event: EventCount,
  rule: CounterRule,
  device: string | undefined,
  kernelReasons: ReadonlySet<string> | undefined,
): "always" | "sometimes" | "never" {
  const { ifname, outIfname = ifname } = event;
  const itsDevice = rule.counters.some((counter) => counter.startsWith("*.tx_")) ? outIfname : ifname;
  if (device !== undefined && itsDevice !== undefined && itsDevice !== device) return "never";
  const always = rule.always.map((wanted) => matches(event, wanted, kernelReasons));
  if (always.includes("yes")) return device !== undefined && itsDevice === undefined ? "sometimes" : "always";
  const either = [...always, ...rule.sometimes.map((wanted) => matches(event, wanted, kernelReasons))];
  return either.some((answer) => answer !== "no") ? "sometimes" : "never";
}

/** One for each reason that is used, most drops first. */
function explanations(shares: readonly Share[]): readonly Explanation[] {
  const byReason = new Map<string, Explanation>();
  for (const { event, count, of } of shares) {
    if (count <= 0) continue;
    const { source, reason } = event;
    const key = `${source} ${reason}`;
    const known = byReason.get(key);
    byReason.set(key, { source, reason, count: count + (known?.count ?? 0), of: of + (known?.of ?? 0) });
  }
  return [...byReason.values()].sort((a, b) => b.count - a.count);
}

function why(rule: CounterRule, difference: number | undefined, kind: Change["kind"]): string | undefined {
  if (kind === "fell") return "The counter fell: its device was recreated, or its driver was reset.";
  if (kind === "appeared")
    return `The counter appeared during the run, and may include an older count. ${rule.mayDiffer}`;
  if ((difference ?? 0) > 0) return rule.mayDiffer;
  return `More was dropped than the kernel counted: this rule is wrong for this kernel. ${rule.mayDiffer}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
