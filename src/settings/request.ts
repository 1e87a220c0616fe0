/** What can be asked of a trace, as frozen plain data: settings and options both end here. */
import type { Filter } from "../filter-language/index.ts";

export interface TraceRequest {
  readonly family?: 4 | 6 | undefined;
  /** Inode numbers of the network namespaces to trace; all without it. */
  readonly netns?: readonly number[] | undefined;
  /** Other drops count as filtered. */
  readonly filter?: Filter | undefined;
  /** Show harmless drops and taps' copies too. */
  readonly all?: boolean | undefined;
  readonly stacks?: StackPolicy | undefined;
  /** False: drops are counted in the kernel alone, and no event is shown. */
  readonly rows?: boolean | undefined;
  /** Show one of so many; the others count as limited. */
  readonly sampleOneOf?: number | undefined;
  /** Show so many a second at most, about; the others count as limited. */
  readonly maxPerSecond?: number | undefined;
  /** A file with this kernel's BTF; the kernel's own in sysfs without it. */
  readonly btf?: string | undefined;
  /** Bytes of the ring buffer: a power of two. */
  readonly bufferBytes?: number | undefined;
  /** End after so many shown events. */
  readonly count?: number | undefined;
  /** SYNs that listening sockets refuse: each by itself where the kernel lets it, by counts, or not at all. */
  readonly listeners?: boolean | "counted" | undefined;
  /** Measure what tracing costs, for the summary: needs CAP_SYS_ADMIN. */
  readonly cost?: boolean | undefined;
}

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
