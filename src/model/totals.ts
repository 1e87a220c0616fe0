/** The numbers of a run. */
import type { Kind } from "./kinds.ts";
import type { Owner } from "./owner.ts";
import type { DropClass, RefusedCause } from "./words.ts";

/**
 * The identity that holds for every run, in skbs:
 *
 *     seen = shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable
 *
 * `missed` stands beside it: an upper bound of runs that the kernel skipped (nested runs, for skbs of any
 * protocol).
 */
export interface Totals {
  readonly seen: number;
  readonly shown: number;
  /** Wire segments that the shown skbs stand for. */
  readonly shownSegments: number;
  readonly hidden: { readonly normal: number; readonly copy: number };
  readonly filtered: number;
  readonly limited: number;
  readonly unread: number;
  readonly lost: number;
  readonly undecodable: number;
  readonly missed: number;
  /**
   * SYNs refused by listening sockets; beside the sum, for they have no kfree_skb event. Absent where nobody
   * watched.
   */
  readonly refusedSyns?: RefusedTotal | undefined;
}

export interface RefusedTotal {
  readonly count: number;
  /** True: an upper bound. */
  readonly atMost: boolean;
  readonly byCause: Readonly<Partial<Record<RefusedCause, number>>>;
  /** Causes of which the count is an upper bound. */
  readonly causesAtMost: readonly RefusedCause[];
  /** Why there may be more, that could not be counted; undefined where all were. */
  readonly problem: string | undefined;
}

/** The identity of each kind, as one output of a run sees it. */
export interface OutputTotals extends Readonly<Record<Kind, Totals>> {
  /** "stdout", a file's name. */
  readonly name: string;
}

/** A reason, as it is counted. */
export interface ReasonName {
  /** Absent where the kernel has no name for the code. */
  readonly reason: string | undefined;
  /** Absent where the kernel gives no reasons. */
  readonly reasonCode: number | undefined;
  /** "CORE", "OPENVSWITCH", ...; absent where the kernel gives no reasons, or knows no such subsystem. */
  readonly reasonSubsystem: string | undefined;
  readonly reasonInferred: boolean;
}

/** Drops of one class and reason; of those that were shown, of one variant of it. */
export interface ReasonCount extends ReasonName {
  readonly class: DropClass;
  readonly count: number;
  /** Absent where it was not looked for: of hidden drops. */
  readonly variant?: string | undefined;
  readonly advice?: string | undefined;
  /** True: all reasons that the kernel program has no counter of their own for; they have no name or code. */
  readonly other?: true | undefined;
}

/**
 * What was dropped at a site, of one family: counted in the kernel, and so exact whatever was shown or lost. In
 * skbs.
 */
export interface SiteCount extends ReasonName {
  readonly class: DropClass;
  readonly count: number;
  /** Absent for all that came when the kernel's map of sites was full. */
  readonly location: string | undefined;
  readonly ip: 4 | 6 | undefined;
  /** Wall-clock time of the last one, nanoseconds since 1970 UTC. */
  readonly lastNs: bigint;
  /** To three digits. */
  readonly perSecond: number;
  /** Absent where these were not read, and may be of several. */
  readonly variant?: string | undefined;
  readonly advice: string;
}

/**
 * Whose drops were, as the kernel counts them.
 *
 * - `cgroup`: of the sockets of a cgroup
 * - `unknown`: without a socket that says its cgroup
 * - `other`: of those that came when the kernel's map was full
 *
 * @example
 * ```ts
 * import { COUNTED_OWNERS } from "tcpdrop";
 *
 * console.log(COUNTED_OWNERS.join(" "));
 * // prints: cgroup unknown other
 * ```
 */
export const COUNTED_OWNERS = ["cgroup", "unknown", "other"] as const;

/** What was dropped of the sockets of one cgroup: counted in the kernel, as sites are. In skbs. */
export interface OwnerTotal {
  readonly of: (typeof COUNTED_OWNERS)[number];
  /** Absent unless `of` is "cgroup". */
  readonly cgroupId: bigint | undefined;
  /** By the site; absent where that has several, by state or segment, and of `other`. */
  readonly class: DropClass | undefined;
  readonly count: number;
}

/** Drops of one owner and class: the cgroups of one unit, container or pod together. */
export interface OwnerSum extends OwnerTotal {
  /** Absent where the cgroup is not known, or was gone before it had a name. */
  readonly owner: Owner | undefined;
  /** To three digits. */
  readonly perSecond: number;
}

/** What tracing costs, from attaching to the end. */
export interface CostStats {
  /** Runs of the program in the kernel: one for each skb that was freed as dropped, of any protocol. */
  readonly programRuns: number;
  readonly programNs: number;
  /** CPU time of this process, user and system. */
  readonly cpuMs: number;
  readonly durationMs: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** The fullest that the ring was found, and its size. */
  readonly ringHighWaterBytes: number;
  readonly ringBytes: number;
}
