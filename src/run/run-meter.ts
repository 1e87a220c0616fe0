/** What a run is measured by, beside its events: exact totals by site, and what tracing costs. */
import type { CostStats, SummaryNotice, TotalsNotice } from "../model/index.ts";
import type { Source } from "../source/source.ts";
import type { Observer } from "./observer.ts";
import { type CgroupOwners, OwnerSums } from "./owner-sums.ts";
import { SiteRates } from "./site-rates.ts";

const BYTES_PER_KB = 1024;

export class RunMeter implements Disposable {
  readonly #source: Source;
  readonly #startedMs = performance.now();
  readonly #rates = new SiteRates(this.#startedMs);
  readonly #cpuBefore = process.cpuUsage();

  readonly #owners: OwnerSums | undefined;

  readonly #hasEvents: boolean;

  /**
   * `owners`: what names totals by owner; undefined where nobody wants these. Where there are events, they are for
   * the summary alone.
   */
  constructor(source: Source, owners: CgroupOwners | undefined, hasEvents: boolean) {
    this.#source = source;
    this.#hasEvents = hasEvents;
    this.#owners = owners === undefined ? undefined : new OwnerSums(source, owners, this.#startedMs);
  }

  /** What is to see the events. */
  get observers(): readonly Observer[] {
    return this.#owners === undefined ? [] : [this.#owners];
  }

  start(): void {
    if (!this.#hasEvents) this.#owners?.start();
  }

  /** Until now, with rates since the last such call. */
  totals(timeNs: bigint): TotalsNotice {
    const sites = this.#rates.read(this.#source.sites(), performance.now());
    const { seen, filtered, undecodable } = this.#source.counts().drop;
    const undecoded = Object.values(undecodable).reduce((sum, count) => sum + count, 0);
    const owners = this.#hasEvents ? undefined : this.#owners?.read(performance.now());
    return { kind: "totals", timeNs, sites, owners, totals: { seen, filtered, undecodable: undecoded } };
  }

  /** Of the whole run. */
  whole(): Pick<SummaryNotice, "bySite" | "byOwner"> {
    const nowMs = performance.now();
    return { bySite: this.#rates.whole(this.#source.sites(), nowMs), byOwner: this.#owners?.whole(nowMs) };
  }

  [Symbol.dispose](): void {
    this.#owners?.[Symbol.dispose]();
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
