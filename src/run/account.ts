/**
 * One sink's account: what it took, what it declined, and what it gave back. Nothing is ever un-counted:
 * `shown` is what was taken less what was refunded.
 */
import type { Event, Kind } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { ReasonCounts, type ReasonKey } from "./reason-counts.ts";

/** All that is counted of an event, so that it can be given back when the event itself is long gone. */
export interface Entry {
  readonly kind: Kind;
  /** Skbs, or SYNs. */
  readonly count: number;
  /** Wire segments. */
  readonly segments: number;
  /** Undefined for kinds without a drop reason. */
  readonly reason: ReasonKey | undefined;
}

/** How many an event stands for. */
export function weightOf(event: Event): number {
  return event.kind === "refused" ? event.detail.count : 1;
}

export function segmentsOf(event: Event): number {
  return event.packet?.gsoSegs ?? weightOf(event);
}

/** Makes entries; those of single drops are shared, for one is wanted for every drop. */
export function entryOf(): (event: Event) => Entry {
  const known = new ReasonCounts();
  const shared = new Map<ReasonKey, Entry>();
  return (event) => {
    const segments = segmentsOf(event);
    if (event.kind !== "drop")
      return { kind: event.kind, count: weightOf(event), segments, reason: undefined };
    const reason = known.ofDrop(event);
    if (segments !== 1) return { kind: event.kind, count: 1, segments, reason };
    let entry = shared.get(reason);
    if (entry === undefined) {
      entry = { kind: event.kind, count: 1, segments, reason };
      shared.set(reason, entry);
    }
    return entry;
  };
}

/** What became of the events of one kind that were offered to one sink. */
export interface Shown {
  readonly shown: number;
  readonly shownSegments: number;
  /** Offered, and not written. */
  readonly unread: number;
}

interface Sums {
  taken: number;
  takenSegments: number;
  refunded: number;
  refundedSegments: number;
  declined: number;
}

/** Why a sink did not take an event, or gave it back: its reader has gone, or was not fast enough. */
export type Untaken = "closed" | "slow";

export class Account {
  readonly #kinds = byKind(
    (): Sums => ({ taken: 0, takenSegments: 0, refunded: 0, refundedSegments: 0, declined: 0 }),
  );
  readonly #taken = new ReasonCounts();
  readonly #refunded = new ReasonCounts();
  readonly #untaken = { closed: 0, slow: 0 };
  #events = 0;

  /** Events of all kinds that were taken. */
  get events(): number {
    return this.#events;
  }

  take(event: Event): void {
    const sums = this.#kinds[event.kind];
    this.#events += 1;
    sums.taken += weightOf(event);
    sums.takenSegments += segmentsOf(event);
    if (event.kind === "drop") this.#taken.ofDrop(event).count += 1;
  }

  decline(event: Event, why: Untaken): void {
    this.#kinds[event.kind].declined += weightOf(event);
    if (event.kind === "drop") this.#untaken[why] += 1;
  }

  refund(entries: readonly Entry[], why: Untaken): void {
    for (const { kind, count, segments, reason } of entries) {
      if (kind === "drop") this.#untaken[why] += count;
      const sums = this.#kinds[kind];
      sums.refunded += count;
      sums.refundedSegments += segments;
      if (reason !== undefined) this.#refunded.add(reason, count);
    }
  }

  /** Drops that were offered and not written, by cause. */
  get untaken(): Readonly<Record<Untaken, number>> {
    return this.#untaken;
  }

  shown(kind: Kind): Shown {
    const { taken, takenSegments, refunded, refundedSegments, declined } = this.#kinds[kind];
    return {
      shown: taken - refunded,
      shownSegments: takenSegments - refundedSegments,
      unread: declined + refunded,
    };
  }

  /** Drops by reason: those that were taken and not given back. */
  shownByReason(): ReasonCounts {
    const shown = this.#taken.copy();
    for (const { count, ...key } of this.#refunded.mostFirst()) shown.add(key, -count);
    return shown;
  }
}
