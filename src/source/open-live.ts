/** The live kernel, opened for what was asked of it: rights, kernel types, names, clock, filter, probe. */

import { KernelTypes } from "../bpf/index.ts";
import { type Btf, openBtfOfFile, openKernelBtf } from "../btf/index.ts";
import type { ProbeRequest } from "../capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../capture/kinds/drop/tracepoint-arguments.ts";
import type { EventNaming } from "../enrich/event-maker.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import { Symbolizer } from "../enrich/symbolizer.ts";
import { SyscallError, UnsupportedError, VerifierError } from "../errors.ts";
import type { FilterPlan } from "../filter/index.ts";
import { acquire, type Held } from "../host/authority.ts";
import { possibleCpus } from "../host/cpus.ts";
import type { Wanted } from "../host/needs.ts";
import { explainRefusal } from "../host/trace-rights.ts";
import { WallClock } from "../host/wall-clock.ts";
import { hiddenReasonNames, reasonsWithCallers } from "../reasons/index.ts";
import {
  DEFAULT_BUFFER_BYTES,
  DEFAULT_STACKS_PER_SECOND,
  type StackPolicy,
  type TraceRequest,
  wantsOwners,
} from "../settings/request.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { Scope } from "../sys/scope.ts";
import { asksForHarmless, demandKernelAlone, demandOwners, filterHere } from "./filter-here.ts";
import { type LiveOptions, LiveSource } from "./live.ts";
import { answersBy, OwnerAnswers } from "./owner-answers.ts";

export interface OpenLive {
  readonly source: LiveSource;
  readonly filter: FilterPlan | undefined;
  /** Harmless drops are shown. */
  readonly all: boolean;
  /** What was acquired for it; closed with the source. */
  readonly held: Held;
  /** The kernel's types. */
  readonly btf: Btf;
}

/** Attaches. A PermissionError names the capabilities that are missing. */
export function openLive(request: TraceRequest): OpenLive {
  const sys = libcSyscalls;
  using scope = new Scope();
  const held = scope.own(acquire(sys, wantedBy(request)));
  const btf = request.btf === undefined ? openKernelBtf() : openBtfOfFile(request.btf);
  const names = ReasonNames.of(btf);
  const symbolizer = new Symbolizer(held.symbols);
  const stacks =
    request.stacks === undefined || request.stacks === "auto" ? DEFAULT_STACKS_PER_SECOND : request.stacks;
  const { reason, rxSk } = kfreeSkbArguments(new KernelTypes(btf));
  const naming: EventNaming = {
    names,
    symbolizer,
    clock: WallClock.of(sys),
    stacks: stacks !== "none",
    givesReceivingSocket: rxSk !== undefined,
    givesReasons: reason !== undefined,
  };
  const filter =
    request.filter === undefined ? undefined : filterHere(request.filter, names, reason !== undefined);
  if (filter !== undefined && request.rows === false) demandKernelAlone(filter);
  if (filter !== undefined) demandOwners(filter, request.owners ?? "none");
  const all = request.all ?? (filter !== undefined && asksForHarmless(filter.root));
  // Asking for names that no drop will have would only say that they are not there.
  const core = reason === undefined ? [] : [...names.core];
  const options: LiveOptions = {
    request: probeRequest({ ...request, all, stacks }, filter, core),
    ringBytes: request.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    possibleCpus: possibleCpus(),
    refused: refusedHow(request.listeners),
    filtered: filter !== undefined,
    kernelReasons: new Set(names.core.values()),
    answers: OwnerAnswers.of(filter?.kernel.answers ?? [], request.owners ?? "none"),
    held,
  };
  const source = openSource(request, () => LiveSource.open(sys, btf, naming, options));
  demandOwnerTotals(source, request);
  scope.release();
  symbolizer.prepare();
  return { source, filter, all, held, btf };
}

/** The kernel's counters of one namespace are read beside a trace of it. */
function wantedBy({ cost = false, listeners = true, netns = [], ...request }: TraceRequest): Wanted {
  return { cost, namespaces: listeners !== false || netns.length === 1 || wantsOwners(request) };
}

interface Decided extends TraceRequest {
  readonly all: boolean;
  readonly stacks: Exclude<StackPolicy, "auto">;
}

/** What the program is generated for; `core` are the kernel's reasons by code. */
function probeRequest(
  { family, netns, all, stacks, rows, sampleOneOf, maxPerSecond, owners, ownerTotals }: Decided,
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
    codes: {
      queuePurge: codesOf(["QUEUE_PURGE"])[0],
      notSpecified: codesOf(["NOT_SPECIFIED"])[0],
      oldSequence: codesOf(["TCP_OLD_SEQUENCE"])[0],
      oldData: codesOf(["TCP_OLD_DATA"])[0],
    },
    otherHost: codesOf(["OTHERHOST"])[0],
    hideCopies: !all,
    hideSites: !all,
    owners: wantsOwners({ rows, owners }),
    answersBy: answersBy(owners ?? "none"),
    ownerTotals,
    rows: rows ?? true,
    sampleOneOf: limitsHere ? sampleOneOf : undefined,
    maxPerSecond: limitsHere ? maxPerSecond : undefined,
  };
}

function refusedHow(listeners: TraceRequest["listeners"]): LiveOptions["refused"] {
  if (listeners === "counted") return listeners;
  return (listeners ?? true) ? "auto" : "none";
}

/** Where the verifier does not take the program that counts by owner, one that does not count them is loaded. */
function demandOwnerTotals(source: LiveSource, { rows, ownerTotals }: TraceRequest): void {
  if (ownerTotals !== true || rows !== false || source.ownerTotals() !== undefined) return;
  source[Symbol.dispose]();
  throw new UnsupportedError("This kernel does not let drops be counted by owner", "totals by owner", {
    hint: "--summary counts them by reason and location.",
  });
}

/**
 * A kernel without BTF of its own knows no types to check the program against: the file has the layout,
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
