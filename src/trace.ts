/**
 * One trace put together: kernel facts, names, clock, session. The library and the command line both begin
 * here.
 */

import { KernelTypes } from "./bpf/index.ts";
import { openBtfOfFile, openKernelBtf } from "./btf/index.ts";
import { kfreeSkbArguments } from "./capture/kinds/drop/tracepoint-arguments.ts";
import { Enricher } from "./enrich/enricher.ts";
import { ReasonNames } from "./enrich/reason-names.ts";
import { Symbolizer } from "./enrich/symbolizer.ts";
import { SyscallError, UnsupportedError, VerifierError } from "./errors.ts";
import type { FilterPlan } from "./filter/index.ts";
import type { Filter } from "./filter-language/index.ts";
import { possibleCpus } from "./host/cpus.ts";
import { openKallsymsSteps } from "./host/kallsyms.ts";
import { demandRights, explainRefusal } from "./host/trace-rights.ts";
import { WallClock } from "./host/wall-clock.ts";
import { type Receiver, Session, type SessionOptions } from "./pipeline/session.ts";
import { hiddenReasonNames, reasonsWithCallers } from "./reasons/index.ts";
import { libcSyscalls } from "./sys/libc.ts";
import { CLOCK_REALTIME } from "./sys/macros.ts";
import { asksForHarmless, demandKernelAlone, filterHere } from "./trace-filter.ts";

/** What can be asked of a trace; frozen plain data. */
export interface TraceRequest {
  readonly family?: 4 | 6 | undefined;
  /** Inode numbers of the network namespaces to trace; all without it. */
  readonly netns?: readonly number[] | undefined;
  /** What parseFilter() made of a filter's text: other drops count as filtered. */
  readonly filter?: Filter | undefined;
  /** Show harmless drops and taps' copies too. */
  readonly all?: boolean | undefined;
  /**
   * Kernel stacks: all, none, or so many a second for each reason and location on each CPU; "auto", which is
   * DEFAULT_STACKS_PER_SECOND, unless told otherwise.
   */
  readonly stacks?: StackPolicy | undefined;
  /** False: drops are counted in the kernel alone, and none is shown. */
  readonly rows?: boolean | undefined;
  /** Show one of so many; the others count as limited. */
  readonly sampleOneOf?: number | undefined;
  /** Show so many a second at most, about; the others count as limited. */
  readonly maxPerSecond?: number | undefined;
  /** A file with this kernel's BTF; the kernel's own in sysfs without it. */
  readonly btf?: string | undefined;
  /** Bytes of the ring buffer: a power of two. */
  readonly bufferBytes?: number | undefined;
  /** End after so many shown drops. */
  readonly count?: number | undefined;
  /**
   * Tell of SYNs that listening sockets refuse, which have no kfree_skb event; true unless told otherwise.
   * "counted": by counts, where each could be told by itself at the cost of some 100 ns for each SYN that is
   * answered.
   */
  readonly listeners?: boolean | "counted" | undefined;
  /** Measure what tracing costs, for the summary: needs CAP_SYS_ADMIN. */
  readonly cost?: boolean | undefined;
}

/** Room for 38,000 drops with 30 frames each: 184 + 8 bytes, and 8 for each frame. */
export const DEFAULT_BUFFER_BYTES = 16 << 20;

export type StackPolicy = "auto" | "all" | "none" | number;
/**
 * More than an eye can read, and less than 0.2 % of a CPU for a place that drops all the time: a stack takes
 * 3 us, and some 13 on a CPU whose caches others use. A place that drops less often than this has all of its
 * stacks.
 */
export const DEFAULT_STACKS_PER_SECOND = 100;

export interface OpenTrace {
  readonly session: Session;
  readonly enricher: Enricher;
  readonly names: ReasonNames;
  readonly filter: FilterPlan | undefined;
}

/** Attaches. A PermissionError names the capabilities that are missing. */
export function openTrace(request: TraceRequest, receiver: Receiver): OpenTrace {
  demandRights();
  const sys = libcSyscalls;
  const btf = request.btf === undefined ? openKernelBtf() : openBtfOfFile(request.btf);
  const names = ReasonNames.of(btf);
  const symbolizer = new Symbolizer(() => openKallsymsSteps());
  const clock = WallClock.of(sys);
  const stacks =
    request.stacks === undefined || request.stacks === "auto" ? DEFAULT_STACKS_PER_SECOND : request.stacks;
  const { reason, rxSk } = kfreeSkbArguments(new KernelTypes(btf));
  const enricher = new Enricher(names, symbolizer, clock, {
    stacks: stacks !== "none",
    tellsReceivingSocket: rxSk !== undefined,
    tellsReasons: reason !== undefined,
  });
  const filter =
    request.filter === undefined ? undefined : filterHere(request.filter, names, reason !== undefined);
  if (filter !== undefined && request.rows === false) demandKernelAlone(filter);
  const all = request.all ?? (filter !== undefined && asksForHarmless(filter.root));
  // Asking for names that no drop will have would only tell that they are not there.
  const core = reason === undefined ? [] : [...names.core];
  const codesOf = (wanted: readonly string[]): readonly number[] =>
    core.filter(([, name]) => wanted.includes(name)).map(([code]) => code);
  const limits = { sampleOneOf: request.sampleOneOf, maxPerSecond: request.maxPerSecond };
  const session = openSession(
    request,
    sys,
    btf,
    enricher,
    {
      request: {
        family: request.family,
        netns: request.netns,
        filter: filter?.kernel,
        stacks,
        callersFor: codesOf(reasonsWithCallers()),
        ...hiddenInKernel(all, codesOf),
        otherHost: codesOf(["OTHERHOST"])[0],
        rows: request.rows ?? true,
        // Rows are limited after the whole filter.
        ...(filter?.rest === undefined ? limits : { sampleOneOf: undefined, maxPerSecond: undefined }),
      },
      ringBytes: request.bufferBytes ?? DEFAULT_BUFFER_BYTES,
      possibleCpus: possibleCpus(),
      all,
      count: request.count,
      refused: refusedHow(request.listeners),
      cost: request.cost ?? false,
      filter,
      limits,
    },
    receiver,
    () => sys.clockGettimeNs(CLOCK_REALTIME),
  );
  symbolizer.prepare();
  return { session, enricher, names, filter };
}

/** What is known to be harmless before it is sent; nothing where all is shown. */
function hiddenInKernel(all: boolean, codesOf: (names: readonly string[]) => readonly number[]) {
  return {
    hiddenNormal: all ? [] : codesOf(hiddenReasonNames("normal")),
    hiddenCopy: all ? [] : codesOf(hiddenReasonNames("copy")),
    emptyPurged: all ? undefined : codesOf(["QUEUE_PURGE"])[0],
    hideCopies: !all,
    hideSites: !all,
  };
}

function refusedHow(listeners: TraceRequest["listeners"]): SessionOptions["refused"] {
  if (listeners === "counted") return listeners;
  return (listeners ?? true) ? "auto" : "none";
}

/**
 * A kernel without BTF of its own knows no types to check the program against: the file tells us the layout,
 * and does not help it.
 */
function openSession(request: TraceRequest, ...of: Parameters<typeof Session.open>): Session {
  try {
    return Session.open(...of);
  } catch (cause) {
    if (request.btf === undefined || !isAboutTypes(cause)) throw explainRefusal(cause);
    throw new UnsupportedError(
      `The kernel does not take a program with the types of ${request.btf}: the file is not this kernel's, or it has no BTF itself`,
      "BTF",
      {
        cause,
        hint: "Give the BTF of the very build that runs; the kernel must have been built with CONFIG_DEBUG_INFO_BTF=y.",
      },
    );
  }
}

/**
 * Without BTF of its own the kernel says EINVAL; where the file's numbers mean other types there, the
 * verifier names the first.
 */
function isAboutTypes(cause: unknown): boolean {
  if (cause instanceof VerifierError) return cause.message.includes("attach_btf_id");
  return cause instanceof SyscallError && cause.call === "bpf(BPF_PROG_LOAD)" && cause.errnoName === "EINVAL";
}
