/** What a run is made of, beside its source. */
import type { Event } from "../model/index.ts";
import type { Lookup } from "../stages/lookup.ts";
import type { Stage } from "../stages/stage.ts";
import type { Observer } from "./observer.ts";
import type { CgroupOwners } from "./owner-sums.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { Sink } from "./sink.ts";

/** What of the filter is evaluated in user space. */
export interface EventFilter {
  readonly accepts: (event: Event) => boolean;
  /** In the filter's own words, long lists cut; undefined where the kernel evaluates all of it. */
  readonly rest: string | undefined;
  /** Its answer may differ once the owner is known. */
  readonly asksOwner?: boolean;
}

export interface RunOptions {
  readonly stages: readonly Stage[];
  /** Closed with the run. */
  readonly lookups: readonly Lookup[];
  /** An event waits so long at most for what lookups find. */
  readonly ownerWaitMs: number;
  /** See every event that the filter accepts, whatever becomes of it: what is shown with its owner. */
  readonly observers: readonly Observer[];
  readonly filter: EventFilter | undefined;
  /** Events of class normal and copy are hidden, and counted. */
  readonly hidesHarmless: boolean;
  /** False: only totals come. */
  readonly hasEvents?: boolean;
  /** Names totals by owner; undefined where these are not wanted. Closed with the run. */
  readonly cgroupOwners?: CgroupOwners | undefined;
  readonly limits: RateLimits;
  /** Ends after so many events that the first sink took. */
  readonly count: number | undefined;
  /** The first one defines what was shown. */
  readonly sinks: readonly [Sink, ...(readonly Sink[])];
  /** Wall time. */
  readonly nowNs: () => bigint;
}
