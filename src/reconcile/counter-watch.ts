/**
 * One namespace watched from one reading of its counters to the next, with the drops in between.
 *
 * Reading takes about a millisecond, and drops go on meanwhile. Their own time tells on which side of a
 * reading they lie; those so near to one that it cannot be told whether their counter was read before or
 * after are counted in `uncertain`.
 */

import type { NetCounters } from "../host/net-counters.ts";
import type { DropEvent, RefusedTotal } from "../model/index.ts";
import { EventCounts } from "./event-counts.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";
import { type PlaceReading, unseenDrops } from "./unseen.ts";

/** The kernel counts, answers and frees, in this order and within this time: nanoseconds. */
const SLACK_NS = 1_000_000n;

type Counted = Pick<PlaceReading, "count">;

interface Reading {
  readonly counters: NetCounters;
  /** The clock of DropEvent.ktimeNs, nanoseconds. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** The program's own totals, right after. */
  readonly places: readonly PlaceReading[];
  /** How many were dropped meanwhile. */
  readonly dropped: number;
}

export interface WatchOptions {
  /** Inode number of the namespace. */
  readonly netns: number;
  readonly read: () => NetCounters;
  /** What was dropped by place, until now, whether there is an event of it or not. */
  readonly places: () => readonly PlaceReading[];
  /** The clock of DropEvent.ktimeNs, nanoseconds. */
  readonly nowNs: () => bigint;
  readonly kernelReasons: ReadonlySet<string> | undefined;
}

export interface WatchResult extends Reconciliation {
  readonly netns: number;
  /** Drops near to one of the readings: any difference may be off by as many. */
  readonly uncertain: number;
  /** Drops without an event, of which reason and place are known. */
  readonly unseen: number;
  /** Drops without an event, of which nothing is known. */
  readonly untold: number;
}

/** Made when drops are being traced already: what was dropped before does not count. */
export class CounterWatch {
  readonly #counts = new EventCounts();
  readonly #options: WatchOptions;
  readonly #before: Reading;
  #after: Reading | undefined;
  #uncertain = 0;
  #observed = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#before = this.#read();
  }

  /** Every drop of the trace, whatever becomes of it. */
  observe(event: DropEvent): void {
    const { ktimeNs } = event;
    this.#observed += 1;
    if (event.device?.netns !== this.#options.netns || ktimeNs < this.#before.fromNs) return;
    if (isNear(ktimeNs, this.#before) || (this.#after !== undefined && isNear(ktimeNs, this.#after)))
      this.#uncertain += 1;
    if (ktimeNs > this.#before.toNs && (this.#after === undefined || ktimeNs <= this.#after.toNs))
      this.#counts.add(event);
  }

  /** Reads the counters again. Drops before this moment may still be observed. */
  close(): void {
    this.#after ??= this.#read();
  }

  /**
   * After `close`, and when every drop has been observed. `bySite` are the program's own totals from the
   * beginning of the trace to its end, `refused` the SYNs that listening sockets refused in that time: events
   * of several sockets, each "at most" so many, would add up to more.
   */
  result(bySite: readonly Counted[], refused?: RefusedTotal): WatchResult {
    const { netns, kernelReasons } = this.#options;
    for (const [cause, count] of Object.entries(refused?.byCause ?? {}))
      this.#counts.addRefused({ cause, count });
    const [before, after] = [this.#before, this.#after ?? this.#read()];
    const most = Math.max(0, sum(bySite) - this.#observed);
    const { kinds, untold } = unseenDrops({
      before: before.places,
      after: after.places,
      seen: this.#counts.list,
      most,
    });
    let unseen = 0;
    for (const { skbs, ...kind } of kinds) {
      this.#counts.addUntold(kind, skbs);
      unseen += skbs;
    }
    const { rows, uncounted } = reconcile({
      before: before.counters,
      after: after.counters,
      events: this.#counts.list,
      kernelReasons,
    });
    return {
      netns,
      rows,
      uncounted,
      uncertain: Math.max(this.#uncertain, Math.min(most, before.dropped + after.dropped)),
      unseen,
      untold,
    };
  }

  #read(): Reading {
    const { read, places: readPlaces, nowNs } = this.#options;
    const droppedBefore = sum(readPlaces());
    const fromNs = nowNs();
    const counters = read();
    const toNs = nowNs();
    const places = readPlaces();
    return { counters, fromNs, toNs, places, dropped: sum(places) - droppedBefore };
  }
}

function sum(places: readonly Counted[]): number {
  return places.reduce((total, { count }) => total + count, 0);
}

function isNear(ktimeNs: bigint, { fromNs, toNs }: Reading): boolean {
  return ktimeNs >= fromNs && ktimeNs <= toNs + SLACK_NS;
}
