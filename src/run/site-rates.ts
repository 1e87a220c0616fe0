/** A source's exact totals by site, named and put in order, with the rate since they were last read. */
import type { SiteCount } from "../model/index.ts";
import type { SiteTotal } from "../source/source.ts";
import { Rates, rounded } from "./rates.ts";

export class SiteRates {
  readonly #rates: Rates;

  /** `nowMs` is any clock that only goes on. */
  constructor(nowMs: number) {
    this.#rates = new Rates(nowMs);
  }

  /** Most first; rates are as `Rates.read` has them. */
  read(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    return named(totals, this.#rates.read(totals, nowMs));
  }

  /** Most first; rates are of the whole run. */
  whole(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    return named(totals, this.#rates.whole(nowMs));
  }
}

function named(totals: readonly SiteTotal[], rate: (total: SiteTotal) => number): readonly SiteCount[] {
  return totals
    .map(
      (total): SiteCount => ({
        ...total.name(),
        count: total.count,
        lastNs: total.lastNs,
        perSecond: rounded(rate(total)),
      }),
    )
    .sort((a, b) => b.count - a.count || (a.location ?? "").localeCompare(b.location ?? ""));
}
