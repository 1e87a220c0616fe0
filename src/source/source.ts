/**
 * Where events come from: the live kernel, and later a recording or a store. A run reads any of them in the
 * same way, and knows nothing of what stands behind it.
 */
import type {
  DropEvent,
  Event,
  Kind,
  OwnerTotal,
  ReasonCount,
  RefusedTotal,
  SiteCount,
} from "../model/index.ts";
import type { EndBudget } from "./end-budget.ts";

export type OnEvent = (event: Event) => void;

export interface Drained {
  /** Events that were made, and records that made none. */
  readonly records: number;
  /** Everything was read that was there when the drain began. */
  readonly caughtUp: boolean;
}

/** What is known of a source before its first event: plain data, so that a recording can hold it. */
export interface SourceFacts {
  /** How packet headers are read on this kernel: "direct" or "probe". */
  readonly headerAccess: string;
  /** The kernel evaluates its part of the filter; false: all of it is evaluated in user space. */
  readonly filters: boolean;
  /** What this kernel lets nobody see, a sentence each. */
  readonly blindSpots: readonly string[];
  /** Names of the kernel's own drop reasons (subsystem CORE). */
  readonly kernelReasons: ReadonlySet<string>;
  /** How refused SYNs are noticed, in a few words; undefined where they are not. */
  readonly refusedHow: string | undefined;
  /** Why some or all of them are not noticed; undefined where all are. */
  readonly refusedProblem: string | undefined;
  /** Instructions that the verifier walked; 0 where the kernel does not say (before Linux 5.16). */
  readonly verifiedInstructions: number;
  readonly ringBytes: number;
}

/** Outcomes that the source itself decides, for one kind. In skbs, or in SYNs. */
export interface KindCounts {
  readonly seen: number;
  /** Records that were handed to user space; not part of the sum. */
  readonly sent: number;
  readonly hiddenNormal: number;
  readonly hiddenCopy: number;
  readonly filtered: number;
  readonly limited: number;
  readonly lost: number;
  /** By cause. */
  readonly undecodable: Readonly<Record<string, number>>;
  /** Beside the sum: an upper bound of what the kernel did not let the program see. */
  readonly missed: number;
  /** What `hiddenNormal` and `hiddenCopy` consist of. */
  readonly hiddenByReason: readonly ReasonCount[];
}

export type SourceCounts = Readonly<Record<Kind, KindCounts>>;

export const NO_COUNTS: KindCounts = Object.freeze({
  seen: 0,
  sent: 0,
  hiddenNormal: 0,
  hiddenCopy: 0,
  filtered: 0,
  limited: 0,
  lost: 0,
  undecodable: {},
  missed: 0,
  hiddenByReason: [],
});

/** Why, where and of what: what a site is called. */
export type NamedSite = Omit<SiteCount, "count" | "perSecond" | "lastNs">;

/** What was dropped at one site until now: exact, whatever became of the events. In skbs. */
export interface SiteTotal {
  /** The same site has the same key in each reading. */
  readonly key: string;
  readonly count: number;
  /** Wall-clock time of the last one, nanoseconds since 1970 UTC. */
  readonly lastNs: bigint;
  /** Names it. The first call of a run may read the kernel's symbols, which takes some 100 ms. */
  readonly name: () => NamedSite;
}

/** What the source costs; undefined fields where nobody asked for them to be measured. */
export interface SourceCost {
  readonly programRuns: number;
  readonly programNs: number;
  /** The fullest that the ring was found, and its size. */
  readonly ringHighWaterBytes: number;
  readonly ringBytes: number;
}

export interface SourceHooks {
  /** Events wait, or may. Called once for each `arm`. */
  readonly ready: () => void;
  /** Something failed behind the source's back, in a callback of its own: the run cannot go on. */
  readonly fail: (failure: unknown) => void;
}

export interface Source extends Disposable {
  readonly facts: SourceFacts;
  /** Calls `ready` once, as soon as there is something to drain. */
  arm(hooks: SourceHooks): void;
  disarm(): void;
  /** Hands on at most so many events, in the order of their times as far as the source has it. */
  drain(to: OnEvent, maxRecords: number): Drained;
  /** Until now. */
  counts(): SourceCounts;
  /** Drops lost until now: cheaper than `counts`. */
  lost(): number;
  /** SYNs that listening sockets refused, as far as they were noticed; undefined where nobody watched. */
  refused(): RefusedTotal | undefined;
  sites(): readonly SiteTotal[];
  /** By the cgroup of the socket, and class; undefined where nobody asked for it, or nobody counted. */
  ownerTotals(): readonly OwnerTotal[] | undefined;
  /** An event was hidden as harmless: the source may hide those that follow from the same site by itself. */
  learnHarmless(event: DropEvent): void;
  /**
   * The event's owner was found, and the filter asks for owners: the source may answer by itself for others of the
   * same owner.
   */
  learnOwner(event: DropEvent): void;
  /** Ends it: nothing new comes after this, and `counts` stand still. What is there can still be drained. */
  stop(budget: EndBudget): Promise<void>;
  /** After `stop`: discards what nobody will read, emits what was left for last, and says how much of each kind
   * was discarded. */
  discardRest(to: OnEvent): Readonly<Record<Kind, number>>;
  /** Undefined unless measuring was asked for. */
  cost(): SourceCost | undefined;
  /** What could not be named or watched so far, and why, a sentence each. */
  problems(): readonly string[];
}
