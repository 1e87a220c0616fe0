/** The kernel's exact totals by place, named and put in order, with the rate since they were last read. */

import type { SiteTotal } from "../capture/kinds/drop/site-totals.ts";
import type { Enricher } from "../enrich/enricher.ts";
import type { PlaceCount } from "../event.ts";

export class PlaceCounts {
  readonly #enricher: Enricher;
  readonly #startedMs: number;
  #before = new Map<string, number>();
  #beforeMs: number;

  /** `nowMs` is any clock that only goes on. */
  constructor(enricher: Enricher, nowMs: number) {
    this.#enricher = enricher;
    this.#startedMs = nowMs;
    this.#beforeMs = nowMs;
  }

  /** Most first; rates are of the time since the last `read`. */
  read(totals: readonly SiteTotal[], nowMs: number): readonly PlaceCount[] {
    const seconds = secondsBetween(this.#beforeMs, nowMs);
    const before = this.#before;
    this.#before = new Map(totals.map((total) => [keyOf(total), total.count]));
    this.#beforeMs = nowMs;
    return this.#named(totals, (total) => (total.count - (before.get(keyOf(total)) ?? 0)) / seconds);
  }

  /** Most first; rates are of the whole run. */
  whole(totals: readonly SiteTotal[], nowMs: number): readonly PlaceCount[] {
    const seconds = secondsBetween(this.#startedMs, nowMs);
    return this.#named(totals, ({ count }) => count / seconds);
  }

  #named(totals: readonly SiteTotal[], rate: (total: SiteTotal) => number): readonly PlaceCount[] {
    return totals
      .map(
        (total): PlaceCount => ({
          ...this.#enricher.place(total),
          count: total.count,
          perSecond: Math.round(rate(total)),
        }),
      )
      .sort((a, b) => b.count - a.count || (a.location ?? "").localeCompare(b.location ?? ""));
  }
}

/** A rate over no time at all would be no number. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(1, toMs - fromMs) / 1000;
}

function keyOf({ locationLow, locationHigh, reasonCode, ip, copy }: SiteTotal): string {
  return `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`;
}
