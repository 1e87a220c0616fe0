/** What a run is measured by, beside its events: exact totals by site, and what tracing costs. */
import { enableRunStatistics } from "../bpf/index.ts";
import type { EventMaker } from "../enrich/event-maker.ts";
import type { CostStats, SiteCount, TotalsNotice } from "../model/index.ts";
import type { Tracer } from "../probe/tracer.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { PlaceCounts } from "./place-counts.ts";

const BYTES_PER_KB = 1024;

export class RunMeter implements Disposable {
  readonly #tracer: Tracer;
  readonly #places: PlaceCounts;
  readonly #startedMs = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  /**
   * The kernel measures run times while this is held; for all programs of the machine, each some 30 ns a run.
   */
  readonly #statistics: Disposable | undefined;
  #ringHighWaterBytes = 0;

  /** A PermissionError where `cost` is wanted and must not be measured. */
  constructor(sys: Syscalls, tracer: Tracer, maker: EventMaker, cost: boolean) {
    this.#tracer = tracer;
    this.#places = new PlaceCounts(maker, this.#startedMs);
    this.#statistics = cost ? enableRunStatistics(sys) : undefined;
  }

  /** To be called before each look into the ring. */
  lookAtRing(): void {
    this.#ringHighWaterBytes = Math.max(this.#ringHighWaterBytes, this.#tracer.ring.pendingBytes);
  }

  /** Until now, with rates since the last such call. */
  totals(timeNs: bigint): TotalsNotice {
    const sites = this.#places.read(this.#tracer.totals(), performance.now());
    const { seen, filtered, notLinear, notHeader } = this.#tracer.counters();
    return { kind: "totals", timeNs, sites, totals: { seen, filtered, undecodable: notLinear + notHeader } };
  }

  /** Of the whole run. */
  bySite(): readonly SiteCount[] {
    return this.#places.whole(this.#tracer.totals(), performance.now());
  }

  /** Undefined where it was not asked for. */
  cost(): CostStats | undefined {
    if (this.#statistics === undefined) return undefined;
    const { runCount, runTimeNs } = this.#tracer.program.info();
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      programRuns: Number(runCount),
      programNs: Number(runTimeNs),
      cpuMs: Math.round((user + system) / 1000),
      durationMs: Math.round(performance.now() - this.#startedMs),
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: process.resourceUsage().maxRSS * BYTES_PER_KB,
      ringHighWaterBytes: this.#ringHighWaterBytes,
      ringBytes: this.#tracer.ring.sizeBytes,
    };
  }

  [Symbol.dispose](): void {
    this.#statistics?.[Symbol.dispose]();
  }
}
