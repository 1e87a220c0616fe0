/**
 * Watches one namespace from one reading of its counters to the next, with the drops in between.
 *
 * A reading takes about a millisecond, and drops go on meanwhile. Their own time says on which side of a
 * reading they are; drops so close to it that their counter may have been read before or after are uncertain.
 */

import type { NetCounters } from "../host/net-counters.ts";
import type { DropEvent, RefusedTotal } from "../model/index.ts";
import { EventCounts } from "./event-counts.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";
import { dropsWithoutEvent, type SiteReading } from "./unseen.ts";

/** The kernel counts, answers and frees, in this order and within this time. */
const SLACK_NS = 1_000_000n;

type Counted = Pick<SiteReading, "count">;

interface Reading {
  readonly counters: NetCounters;
  /** The clock of DropEvent.ktimeNs, nanoseconds. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** The program's own totals, right after. */
  readonly sites: readonly SiteReading[];
  /** How many drops there were meanwhile. */
  readonly dropped: number;
}

export interface WatchOptions {
  /** Inode number of the namespace. */
  readonly netns: number;
  readonly read: () => NetCounters;
  /** All drops by site until now, with or without an event. */
  readonly sites: () => readonly SiteReading[];
  /** The clock of DropEvent.ktimeNs, nanoseconds. */
  readonly nowNs: () => bigint;
  readonly kernelReasons: ReadonlySet<string> | undefined;
}

export interface WatchResult extends Reconciliation {
  readonly netns: number;
  /** How far apart the two readings were. */
  readonly spanNs: bigint;
  /** Drops close to one of the readings: they may be in a rise or not. */
  readonly uncertain: number;
  /** Drops without an event, whose reason and location are known. */
  readonly withoutEvent: number;
  /** Drops without an event, of which nothing is known. */
  readonly withoutSite: number;
}

/** Created while drops are already being traced: earlier drops do not count. */
export class CounterWatch {
  readonly #counts = new EventCounts();
  readonly #options: WatchOptions;
  readonly #before: Reading;
  #after: Reading | undefined;
  readonly #uncertain = new EventCounts();
  #observed = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#before = this.#read();
  }

  /** Takes every drop of the trace, whatever its outcome. */
  observe(event: DropEvent): void {
    const { ktimeNs } = event;
    this.#observed += 1;
    if (event.device?.netns !== this.#options.netns || ktimeNs < this.#before.fromNs) return;
    if (isNear(ktimeNs, this.#before) || (this.#after !== undefined && isNear(ktimeNs, this.#after)))
      this.#uncertain.add(event);
    if (ktimeNs > this.#before.toNs && (this.#after === undefined || ktimeNs <= this.#after.toNs))
      this.#counts.add(event);
  }

  /** Reads the counters again. Drops before this moment may still be observed. */
  close(): void {
    this.#after ??= this.#read();
  }

  /**
   * To be called after `close`, when every drop has been observed. `bySite`: the program's own totals of the
   * whole trace; `refused`: the SYNs refused by listening sockets in that time, because the upper bounds of
   * several sockets would add up to more.
   */
  result(bySite: readonly Counted[], refused?: RefusedTotal): WatchResult {
    const { netns, kernelReasons } = this.#options;
    for (const [cause, count] of Object.entries(refused?.byCause ?? {}))
      this.#counts.addRefused({ cause, count });
    const [before, after] = [this.#before, this.#after ?? this.#read()];
    const most = Math.max(0, sum(bySite) - this.#observed);
    const { kinds, withoutSite } = dropsWithoutEvent({
      before: before.sites,
      after: after.sites,
      seen: this.#counts.list,
      most,
    });
    let withoutEvent = 0;
    for (const { skbs, ...kind } of kinds) {
      this.#counts.addWithoutEvent(kind, skbs);
      withoutEvent += skbs;
    }
    const uncertain = this.#uncertain.list;
    const known = sum(uncertain.map(({ skbs: count }) => ({ count })));
    const uncertainOther = Math.max(0, Math.min(most, before.dropped + after.dropped) - known);
    const { rows, uncounted } = reconcile({
      before: before.counters,
      after: after.counters,
      events: this.#counts.list,
      uncertain,
      uncertainOther,
      kernelReasons,
    });
    return {
      netns,
      rows,
      uncounted,
      spanNs: after.fromNs - before.toNs,
      uncertain: known + uncertainOther,
      withoutEvent,
      withoutSite,
    };
  }

  #read(): Reading {
    const { read, sites: readSites, nowNs } = this.#options;
    const droppedBefore = sum(readSites());
    const fromNs = nowNs();
    const counters = read();
    const toNs = nowNs();
    const sites = readSites();
    return { counters, fromNs, toNs, sites, dropped: sum(sites) - droppedBefore };
  }
}

function sum(sites: readonly Counted[]): number {
  return sites.reduce((total, { count }) => total + count, 0);
}

function isNear(ktimeNs: bigint, { fromNs, toNs }: Reading): boolean {
  return ktimeNs >= fromNs && ktimeNs <= toNs + SLACK_NS;
}
