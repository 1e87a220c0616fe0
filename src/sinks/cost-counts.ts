/** What tracing cost, by the names that it has in JSON. */
import type { CostStats } from "../model/index.ts";

export function costCounts(cost: CostStats | undefined): Readonly<Record<string, number>> | undefined {
  if (cost === undefined) return undefined;
  return {
    program_runs: cost.programRuns,
    program_ns: cost.programNs,
    cpu_ms: cost.cpuMs,
    duration_ms: cost.durationMs,
    rss_bytes: cost.rssBytes,
    peak_rss_bytes: cost.peakRssBytes,
    ring_high_water_bytes: cost.ringHighWaterBytes,
    ring_bytes: cost.ringBytes,
  };
}
