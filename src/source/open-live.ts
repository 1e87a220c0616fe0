/** The live kernel, opened for what was asked of it: rights, kernel types, names, clock, filter, probe. */

import { KernelTypes } from "../bpf/index.ts";
import { openBtfOfFile, openKernelBtf } from "../btf/index.ts";
import type { ProbeRequest } from "../capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../capture/kinds/drop/tracepoint-arguments.ts";
import type { EventNaming } from "../enrich/event-maker.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import { Symbolizer } from "../enrich/symbolizer.ts";
import { SyscallError, UnsupportedError, VerifierError } from "../errors.ts";
import type { FilterPlan } from "../filter/index.ts";
import type { Filter } from "../filter-language/index.ts";
import { possibleCpus } from "../host/cpus.ts";
import { HeldSymbols } from "../host/symbol-reader.ts";
import { demandRights, explainRefusal } from "../host/trace-rights.ts";
import { WallClock } from "../host/wall-clock.ts";
import { hiddenReasonNames, reasonsWithCallers } from "../reasons/index.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_REALTIME } from "../sys/macros.ts";
import { Scope } from "../sys/scope.ts";
import { asksForHarmless, demandKernelAlone, filterHere } from "./filter-here.ts";
import { type LiveOptions, LiveSource } from "./live.ts";

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

export interface OpenLive {
  readonly source: LiveSource;
  readonly filter: FilterPlan | undefined;
  /** Harmless drops are shown. */
  readonly all: boolean;
}

/** Attaches. A PermissionError names the capabilities that are missing. */
export function openLive(request: TraceRequest): OpenLive {
  demandRights();
  const sys = libcSyscalls;
  const btf = request.btf === undefined ? openKernelBtf() : openBtfOfFile(request.btf);
  const names = ReasonNames.of(btf);
  using scope = new Scope();
  const held = scope.own(HeldSymbols.open());
  const symbolizer = new Symbolizer(held);
  const stacks =
    request.stacks === undefined || request.stacks === "auto" ? DEFAULT_STACKS_PER_SECOND : request.stacks;
  const { reason, rxSk } = kfreeSkbArguments(new KernelTypes(btf));
  const naming: EventNaming = {
    names,
    symbolizer,
    clock: WallClock.of(sys),
    stacks: stacks !== "none",
    tellsReceivingSocket: rxSk !== undefined,
    tellsReasons: reason !== undefined,
  };
  const filter =
    request.filter === undefined ? undefined : filterHere(request.filter, names, reason !== undefined);
  if (filter !== undefined && request.rows === false) demandKernelAlone(filter);
  const all = request.all ?? (filter !== undefined && asksForHarmless(filter.root));
  // Asking for names that no drop will have would only say that they are not there.
  const core = reason === undefined ? [] : [...names.core];
  const options: LiveOptions = {
    request: probeRequest({ ...request, all, stacks }, filter, core),
    ringBytes: request.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    possibleCpus: possibleCpus(),
    refused: refusedHow(request.listeners),
    filtered: filter !== undefined,
    cost: request.cost ?? false,
    kernelReasons: new Set(names.core.values()),
    held,
  };
  const source = openSource(request, () =>
    LiveSource.open(sys, btf, naming, options, () => sys.clockGettimeNs(CLOCK_REALTIME)),
  );
  scope.release();
  symbolizer.prepare();
  return { source, filter, all };
}

interface Decided extends TraceRequest {
  readonly all: boolean;
  readonly stacks: Exclude<StackPolicy, "auto">;
}

/** What the program is generated for; `core` are the kernel's reasons by code. */
function probeRequest(
  { family, netns, all, stacks, rows, sampleOneOf, maxPerSecond }: Decided,
  filter: FilterPlan | undefined,
  core: readonly (readonly [number, string])[],
): ProbeRequest {
  const codesOf = (wanted: readonly string[]): readonly number[] =>
    core.filter(([, name]) => wanted.includes(name)).map(([code]) => code);
  // Events are limited after the whole filter.
  const limitsHere = filter?.rest === undefined;
  return {
    family,
    netns,
    filter: filter?.kernel,
    stacks,
    callersFor: codesOf(reasonsWithCallers()),
    hiddenNormal: all ? [] : codesOf(hiddenReasonNames("normal")),
    hiddenCopy: all ? [] : codesOf(hiddenReasonNames("copy")),
    emptyPurged: all ? undefined : codesOf(["QUEUE_PURGE"])[0],
    otherHost: codesOf(["OTHERHOST"])[0],
    hideCopies: !all,
    hideSites: !all,
    rows: rows ?? true,
    sampleOneOf: limitsHere ? sampleOneOf : undefined,
    maxPerSecond: limitsHere ? maxPerSecond : undefined,
  };
}

function refusedHow(listeners: TraceRequest["listeners"]): LiveOptions["refused"] {
  if (listeners === "counted") return listeners;
  return (listeners ?? true) ? "auto" : "none";
}

/**
 * A kernel without BTF of its own knows no types to check the program against: the file tells us the layout,
 * and does not help it.
 */
function openSource(request: TraceRequest, open: () => LiveSource): LiveSource {
  try {
    return open();
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
