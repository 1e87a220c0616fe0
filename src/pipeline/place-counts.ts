/** The kernel's exact totals by site, named and put in order, with the rate since they were last read. */
import type { EventMaker } from "../enrich/event-maker.ts";
import type { SiteCount } from "../model/index.ts";
import type { PlaceTotal } from "../probe/tracer.ts";

export class PlaceCounts {
  readonly #maker: EventMaker;
  readonly #startedMs: number;
  #before = new Map<string, number>();
  #beforeMs: number;

  /** `nowMs` is any clock that only goes on. */
  constructor(maker: EventMaker, nowMs: number) {
    this.#maker = maker;
    this.#startedMs = nowMs;
    this.#beforeMs = nowMs;
  }

  /** Most first; rates are of the time since the last `read`. */
  read(totals: readonly PlaceTotal[], nowMs: number): readonly SiteCount[] {
    const seconds = secondsBetween(this.#beforeMs, nowMs);
    const before = this.#before;
    this.#before = new Map(totals.map((total) => [keyOf(total), total.count]));
    this.#beforeMs = nowMs;
    return this.#named(totals, (total) => (total.count - (before.get(keyOf(total)) ?? 0)) / seconds);
  }

  /** Most first; rates are of the whole run. */
  whole(totals: readonly PlaceTotal[], nowMs: number): readonly SiteCount[] {
    const seconds = secondsBetween(this.#startedMs, nowMs);
    return this.#named(totals, ({ count }) => count / seconds);
  }

  #named(totals: readonly PlaceTotal[], rate: (total: PlaceTotal) => number): readonly SiteCount[] {
    return totals
      .map(
        (total): SiteCount => ({
          ...this.#maker.site(total),
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

function keyOf({ locationLow, locationHigh, reasonCode, ip, copy }: PlaceTotal): string {
  return `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`;
}
