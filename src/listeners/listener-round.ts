/**
 * One round through network namespaces: a few counters of each, and its listening sockets where ListenDrops
 * moved. A step is one namespace.
 */
import type { Steps } from "../host/steps.ts";
import type { SiteReading, SiteTotal } from "./last-acks.ts";
import type { ListenCounters, Reading } from "./listener-reading.ts";
import type { RefusedLedger } from "./refused-ledger.ts";

/**
 * In a round that took so long, listeners are not asked any more, but by the next one: those that nothing
 * happened to, and all.
 */
const BASELINE_BUDGET_MS = 50;
const WALK_BUDGET_MS = 200;
/** So many namespaces that were named are looked at however long it takes. */
const FEW = 8;

export interface TimedReading extends Reading {
  /** Wall time, after the counters and before the listeners were read. */
  readonly timeNs: bigint;
  /** Read after the trace was detached: drops since then have no event. */
  readonly isLate: boolean;
}

export interface RoundOptions {
  /** Inode numbers, and paths that lead there. */
  readonly namespaces: Iterable<readonly [inode: number, paths: readonly string[]]>;
  visit(
    inode: number,
    paths: readonly string[],
    wanted: (counters: ListenCounters) => boolean,
  ): Reading | undefined;
  ledgerOf(inode: number): RefusedLedger | undefined;
  /** Of one that has no ledger: it was not there when the watch began. */
  isNew(inode: number): boolean;
  sites(): readonly SiteTotal[];
  nowNs(): bigint;
  /** False: they were named, and there is always time to ask their listeners. */
  readonly isBounded: boolean;
}

export class ListenerRound {
  readonly readings = new Map<number, TimedReading>();
  /** Where ListenDrops moved, and there was no time to ask the listeners. */
  readonly notAsked: number[] = [];
  readonly #options: RoundOptions;
  readonly #left: (readonly [inode: number, paths: readonly string[]])[];
  #sites: SiteReading | undefined;
  #timeNs: bigint;
  /** There is always time for them. */
  readonly #isFew: boolean;
  #unreachable: number[] = [];
  #spentMs = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#timeNs = options.nowNs();
    this.#left = [...options.namespaces].reverse();
    this.#isFew = !options.isBounded && this.#left.length <= FEW;
  }

  /** When the last namespace was looked at: wall time. */
  get timeNs(): bigint {
    return this.#timeNs;
  }

  /** Time that was spent in steps. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /** The totals by site, as the namespaces that moved were looked at; undefined where none moved. */
  get sites(): SiteReading | undefined {
    return this.#sites;
  }

  /** Namespaces that no path led to. */
  get unreachable(): readonly number[] {
    return this.#unreachable;
  }

  /** Inode numbers of those that are still to be looked at. */
  get left(): readonly number[] {
    return this.#left.map(([inode]) => inode);
  }

  /** These are to be looked at too, but for those that were. */
  add(namespaces: ReadonlyMap<number, readonly string[]>): void {
    const known = new Set([...this.readings.keys(), ...this.left]);
    for (const namespace of namespaces) if (!known.has(namespace[0])) this.#left.push(namespace);
    this.#unreachable = this.#unreachable.filter((inode) => !namespaces.has(inode));
  }

  /** Looks at what is left, until `untilMs` of performance.now(). */
  *visit(untilMs: number, isLate = false): Steps<void> {
    for (;;) {
      const startedMs = performance.now();
      const next = this.#isFew || startedMs < untilMs ? this.#left.pop() : undefined;
      if (next === undefined) return;
      this.#visitOne(next[0], next[1], isLate);
      this.#spentMs += performance.now() - startedMs;
      yield;
    }
  }

  #visitOne(inode: number, paths: readonly string[], isLate: boolean): void {
    const startedMs = performance.now();
    const hasTime = (budgetMs: number): boolean =>
      !this.#options.isBounded || this.#spentMs + performance.now() - startedMs < budgetMs;
    const reading = this.#options.visit(inode, paths, (counters) => {
      const ledger = this.#options.ledgerOf(inode);
      const moved = this.#hasMoved(inode, ledger, counters);
      if (moved) this.#readSites();
      this.#timeNs = this.#options.nowNs();
      if (moved && !hasTime(WALK_BUDGET_MS)) this.notAsked.push(inode);
      if (moved) return hasTime(WALK_BUDGET_MS);
      return (ledger?.needsListeners(counters) ?? true) && hasTime(BASELINE_BUDGET_MS);
    });
    if (reading === undefined) this.#unreachable.push(inode);
    else this.readings.set(inode, { ...reading, timeNs: this.#timeNs, isLate });
  }

  #hasMoved(inode: number, ledger: RefusedLedger | undefined, counters: ListenCounters): boolean {
    if (ledger !== undefined) return ledger.hasMoved(counters);
    return this.#options.isNew(inode) && counters.listenDrops > 0;
  }

  /** Between two readings of ListenDrops: what is in the totals by now, the second one has too. */
  #readSites(): void {
    const last = this.#options.sites();
    this.#sites = { first: this.#sites?.first ?? last, last };
  }
}
