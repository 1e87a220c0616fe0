/** What a run is measured by, beside its events: exact totals by site, and what tracing costs. */
import type { CostStats, SiteCount, TotalsNotice } from "../model/index.ts";
import type { Source } from "../source/source.ts";
import { SiteRates } from "./site-rates.ts";

const BYTES_PER_KB = 1024;

export class RunMeter {
  readonly #source: Source;
  readonly #startedMs = performance.now();
  readonly #rates = new SiteRates(this.#startedMs);
  readonly #cpuBefore = process.cpuUsage();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Until now, with rates since the last such call. */
  totals(timeNs: bigint): TotalsNotice {
    const sites = this.#rates.read(this.#source.sites(), performance.now());
    const { seen, filtered, undecodable } = this.#source.counts().drop;
    const undecoded = Object.values(undecodable).reduce((sum, count) => sum + count, 0);
    return { kind: "totals", timeNs, sites, totals: { seen, filtered, undecodable: undecoded } };
  }

  /** Of the whole run. */
  whole(): readonly SiteCount[] {
    return this.#rates.whole(this.#source.sites(), performance.now());
  }

  /** Undefined where the source was not asked to measure. */
  cost(): CostStats | undefined {
    const cost = this.#source.cost();
    if (cost === undefined) return undefined;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      ...cost,
      cpuMs: Math.round((user + system) / 1000),
      durationMs: Math.round(performance.now() - this.#startedMs),
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: process.resourceUsage().maxRSS * BYTES_PER_KB,
    };
  }
}
