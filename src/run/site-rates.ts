/** A source's exact totals by site, named and put in order, with the rate since they were last read. */
import type { SiteCount } from "../model/index.ts";
import type { SiteTotal } from "../source/source.ts";

export class SiteRates {
  readonly #startedMs: number;
  #before = new Map<string, number>();
  #beforeMs: number;

  /** `nowMs` is any clock that only goes on. */
  constructor(nowMs: number) {
    this.#startedMs = nowMs;
    this.#beforeMs = nowMs;
  }

  /** Most first; rates are of the time since the last `read`. */
  read(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    const seconds = secondsBetween(this.#beforeMs, nowMs);
    const before = this.#before;
    this.#before = new Map(totals.map(({ key, count }) => [key, count]));
    this.#beforeMs = nowMs;
    return named(totals, ({ key, count }) => (count - (before.get(key) ?? 0)) / seconds);
  }

  /** Most first; rates are of the whole run. */
  whole(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    const seconds = secondsBetween(this.#startedMs, nowMs);
    return named(totals, ({ count }) => count / seconds);
  }
}

function named(totals: readonly SiteTotal[], rate: (total: SiteTotal) => number): readonly SiteCount[] {
  return totals
    .map(
      (total): SiteCount => ({
        ...total.name(),
        count: total.count,
        lastNs: total.lastNs,
        perSecond: Math.round(rate(total)),
      }),
    )
    .sort((a, b) => b.count - a.count || (a.location ?? "").localeCompare(b.location ?? ""));
}

/** A rate over no time at all would be no number. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(1, toMs - fromMs) / 1000;
}
