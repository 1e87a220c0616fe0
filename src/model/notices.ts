/** What a run reports beside its events: losses, totals at intervals, and the summary at the end. */
import type { Event } from "./event.ts";
import type { FindingNotice, NotEvaluated } from "./findings.ts";
import type { CostStats, OutputTotals, OwnerSum, ReasonCount, SiteCount, Totals } from "./totals.ts";
import type { UnreadBy } from "./words.ts";

/** Drops that the ring buffer had no room for since the last such notice. */
export interface LostNotice {
  readonly kind: "lost";
  readonly timeNs: bigint;
  readonly count: number;
  readonly total: number;
}

/** What was dropped until now; comes at intervals where it is asked for. */
export interface TotalsNotice {
  readonly kind: "totals";
  readonly timeNs: bigint;
  /** Most first; rates are of the time since the last such notice, or of ten seconds where few came since. */
  readonly sites: readonly SiteCount[];
  /** The same drops by owner and class, where that was asked for. */
  readonly owners?: readonly OwnerSum[] | undefined;
  /** Rates are of the whole run: at its end. */
  readonly ofRun?: true;
  readonly totals: Pick<Totals, "seen" | "filtered" | "undecodable">;
}

/** What the summary says of a run's findings. */
export interface SummaryOfFindings {
  /** One sentence: what matters most. */
  readonly headline: string;
  readonly findings: number;
  readonly notEvaluated: readonly NotEvaluated[];
}

/** The last item of every run. */
export interface SummaryNotice {
  readonly kind: "summary";
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  /** Of drops, as the first output sees them. */
  readonly totals: Totals;
  /** Each output by itself, the first one first. */
  readonly outputs: readonly OutputTotals[];
  readonly shownByReason: readonly ReasonCount[];
  /** Hidden drops by reason, most first. */
  readonly hiddenByReason: readonly ReasonCount[];
  /** Why drops were unread; absent where none was. */
  readonly unreadBy?: UnreadBy | undefined;
  /** Why skbs were undecodable: kind and count. */
  readonly undecodableByKind: Readonly<Record<string, number>>;
  /** What this kernel lets nobody see, a sentence each. */
  readonly blindSpots: readonly string[];
  /** What could not be named, looked up or read in this run, and why, a sentence each. */
  readonly problems: readonly string[];
  /**
   * Every drop that was seen and not filtered out by the kernel, by site: most first, rates of the whole run.
   * Their sum is seen less what the kernel filtered, less what it could not decode.
   */
  readonly bySite: readonly SiteCount[];
  /** The same drops by owner and class; absent where the kernel did not count them so. */
  readonly byOwner?: readonly OwnerSum[] | undefined;
  readonly cost?: CostStats | undefined;
  /**
   * What of the filter was evaluated in user space: after hiding, and after the totals by site were counted.
   * Absent where the kernel evaluated all of it.
   */
  readonly filterRest?: string | undefined;
  /** Events that were shown before their owner was known; absent where owners were not looked for. */
  readonly ownerLate?: number | undefined;
  /** Absent where nothing was concluded. */
  readonly report?: SummaryOfFindings | undefined;
}

export type Notice = LostNotice | TotalsNotice | FindingNotice | SummaryNotice;

/** Everything that a trace gives out, distinguished by `kind`. */
export type TraceItem = Event | Notice;
