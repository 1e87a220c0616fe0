/** What can be asked of a trace: as the library has it, and as a source takes it. */
import type { Filter } from "../filter-language/index.ts";

/** What can be asked of a trace. Everything may be left out. */
export interface TraceOptions {
  /** The family of the packet's addresses: 4, 6, or both. */
  readonly families?: 4 | 6 | readonly (4 | 6)[] | undefined;
  /**
   * Network namespaces: by inode number, by name under /run/netns, by path, or as "pid:1234". All of them
   * without it.
   */
  readonly netns?: string | number | readonly (string | number)[] | undefined;
  /** Which drops, as on the command line; the others count as filtered. */
  readonly filter?: string | Filter | undefined;
  /** Also show harmless drops and copies for packet and raw sockets. Default false, unless the filter names what is harmless. */
  readonly all?: boolean | undefined;
  /** Kernel stacks: all, none, or at most so many a second per site and CPU. Default "auto", which is 100. */
  readonly stacks?: StackPolicy | undefined;
  /** False: no events, only totals, aggregated in the kernel. Default true. */
  readonly events?: boolean | undefined;
  /** Show a part of the events, 1 divided by a whole number: 1 / 100. The rest count as limited. */
  readonly sample?: number | undefined;
  /** Show at most so many events a second; the rest count as limited. */
  readonly maxPerSecond?: number | undefined;
  /** End after so many shown events. */
  readonly count?: number | undefined;
  /**
   * SYNs that listening sockets refuse, which no drop event shows: true, each by itself where the kernel can be
   * probed; "counted", as counts; false, not at all. Default true.
   */
  readonly refusedSyns?: boolean | "counted" | undefined;
  /** Measure what tracing itself costs, for the summary; needs CAP_SYS_ADMIN. Default false. */
  readonly stats?: boolean | undefined;
  /**
   * Whose drops are: "process" finds the process too, "cgroup" looks at no process, "none" asks for nothing.
   * Default "process".
   */
  readonly owners?: OwnerPolicy | undefined;
  /**
   * Milliseconds that an event waits at most until its owner is known; the events behind it wait too. 0: none
   * waits. Default 100.
   */
  readonly ownerWaitMs?: number | undefined;
  /**
   * Remember who opens and closes connections, so that drops of closed sockets have an owner: some 3 us for
   * each connection of the machine. Default false.
   */
  readonly ownerMemory?: boolean | undefined;
  /** Percent of a CPU that looking for owners may take. Default 2. */
  readonly ownerBudgetPercent?: number | undefined;
  /** Bytes of the ring buffer, rounded up to a power of two. Default 16 MB. */
  readonly bufferBytes?: number | undefined;
  /** A file with this kernel's BTF. Default /sys/kernel/btf/vmlinux. */
  readonly btf?: string | undefined;
  /** Ends the trace: the summary is then its last event. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Events that wait for the consumer at most; beyond, the ring fills, and what it cannot hold is reported as
   * lost. Default 10,000.
   */
  readonly highWaterMark?: number | undefined;
}

/** The same, checked: what settings and options both end in. Frozen plain data. */
export interface TraceRequest
  extends Pick<
    TraceOptions,
    | "all"
    | "stacks"
    | "maxPerSecond"
    | "count"
    | "bufferBytes"
    | "btf"
    | "owners"
    | "ownerWaitMs"
    | "ownerMemory"
    | "ownerBudgetPercent"
  > {
  readonly family?: 4 | 6 | undefined;
  /** Inode numbers of the network namespaces to trace; all without it. */
  readonly netns?: readonly number[] | undefined;
  readonly filter?: Filter | undefined;
  /** False: drops are counted in the kernel alone, and no event is shown. */
  readonly rows?: boolean | undefined;
  /** Show one of so many; the others count as limited. */
  readonly sampleOneOf?: number | undefined;
  /** SYNs that listening sockets refuse: each by itself where the kernel lets it, by counts, or not at all. */
  readonly listeners?: boolean | "counted" | undefined;
  /** Drops are counted by cgroup in the kernel too. */
  readonly ownerTotals?: boolean | undefined;
  /** Measure what tracing costs, for the summary: needs CAP_SYS_ADMIN. */
  readonly cost?: boolean | undefined;
}

/** How far owners are looked for. */
export const OWNER_POLICIES = ["none", "cgroup", "process"] as const;
export type OwnerPolicy = (typeof OWNER_POLICIES)[number];

/** Totals have none. */
export function wantsOwners({ rows, owners }: Pick<TraceRequest, "rows" | "owners">): boolean {
  return rows !== false && owners !== undefined && owners !== "none";
}

export const DEFAULT_OWNERS: OwnerPolicy = "process";
/** Longer than a walk through the processes of a large machine takes. */
export const DEFAULT_OWNER_WAIT_MS = 100;
export const DEFAULT_OWNER_BUDGET_PERCENT = 2;

/** All, none, at most so many a second per site and CPU; "auto" is DEFAULT_STACKS_PER_SECOND. */
export type StackPolicy = "auto" | "all" | "none" | number;

/**
 * More than an eye can read, and less than 0.2 % of a CPU for a site that drops all the time: a stack takes
 * 3 us, and some 13 on a CPU whose caches others use. A site that drops less often than this has all of its
 * stacks.
 */
export const DEFAULT_STACKS_PER_SECOND = 100;

/** Room for 38,000 drops with 30 frames each: 184 + 8 bytes, and 8 for each frame. */
export const DEFAULT_BUFFER_BYTES = 16 << 20;
