/** What the user asked for, as frozen plain data: compiled into the program. */
import type { KernelFilter } from "../../core/filter-steps/index.ts";

export interface ProbeRequest {
  /** 4 or 6 for one family alone. */
  readonly family: 4 | 6 | undefined;
  /** Inode numbers of the network namespaces that are traced; undefined for all. */
  readonly netns: readonly number[] | undefined;
  /** What of the filter the kernel evaluates. */
  readonly filter: KernelFilter | undefined;
  /** How many a second for each site on each CPU, all, or none. */
  readonly stacks: "all" | "none" | number;
  /**
   * Reason codes whose class depends on who called: for these a few frames are sent even without `stacks`.
   */
  readonly callersFor: readonly number[];
  /**
   * Reason codes that are not shown: harmless, and copies for taps. Codes of subsystems (above 0xffff) are
   * never in here.
   */
  readonly hiddenNormal: readonly number[];
  readonly hiddenCopy: readonly number[];
  /** Codes of reasons of which the program looks closer: copies.ts, socket-hints.ts. */
  readonly codes: {
    readonly queuePurge?: number | undefined;
    readonly notSpecified?: number | undefined;
    readonly oldSequence?: number | undefined;
    readonly oldData?: number | undefined;
  };
  /** The code of OTHERHOST: with it also go frames that were sent to this host; see own-mac.ts. */
  readonly otherHost: number | undefined;
  /** The code of QUEUE_PURGE: with it, what holds nothing is not shown; see hidden.ts. */
  readonly emptyPurged: number | undefined;
  /** False: copies are shown too. */
  readonly hideCopies: boolean;
  /**
   * What user space finds to be harmless whenever it comes from one site is counted in the kernel from then
   * on.
   */
  readonly hideSites: boolean;
  /** Bytes of each packet at most, or its IP and TCP headers; none without it. */
  readonly snaplen?: number | "headers" | undefined;
  /** True: records say whose the socket is. */
  readonly owners?: boolean | undefined;
  /** What owners are known by that the filter asks for: the field of the section; see owner-answers.ts. */
  readonly answersBy?: "inode" | "cgroupId" | undefined;
  /** True: drops are counted by cgroup too; see owner-totals.ts. */
  readonly ownerTotals?: boolean | undefined;
  /** False: totals are kept, and nothing is sent. */
  readonly rows: boolean;
  /** One of so many is sent; all without it. */
  readonly sampleOneOf: number | undefined;
  /** So many are sent in a second, about; all without it. */
  readonly maxPerSecond: number | undefined;
}

/**
 * Everything traced with its stack, no reason hidden; copies and harmless sites are. What a trace asks for
 * where no names of reasons are known.
 */
export const PLAIN_REQUEST: ProbeRequest = Object.freeze({
  family: undefined,
  netns: undefined,
  filter: undefined,
  stacks: "all",
  callersFor: [],
  codes: {},
  otherHost: undefined,
  emptyPurged: undefined,
  hiddenNormal: [],
  hiddenCopy: [],
  hideCopies: true,
  hideSites: true,
  rows: true,
  sampleOneOf: undefined,
  maxPerSecond: undefined,
});
