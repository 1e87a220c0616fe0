/** A run over a source, from what was asked for. */
import { acceptsRest, asksOwner, type FilterPlan, wordsAskedHere } from "../filter/index.ts";
import { DEFAULT_OWNER_WAIT_MS } from "../settings/request.ts";
import type { Source } from "../source/source.ts";
import type { Lookup } from "../stages/lookup.ts";
import type { Stage } from "../stages/stage.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_REALTIME } from "../sys/macros.ts";
import type { Observer } from "./observer.ts";
import type { CgroupOwners } from "./owner-sums.ts";
import { Run } from "./run.ts";
import type { EventFilter } from "./run-options.ts";
import type { Sink } from "./sink.ts";

export interface RunRequest {
  readonly filter: FilterPlan | undefined;
  /** What the summary has in place of the words of the filter that user space evaluates. */
  readonly restWords?: string | undefined;
  /** Harmless drops are shown. */
  readonly all: boolean;
  readonly sampleOneOf?: number | undefined;
  readonly maxPerSecond?: number | undefined;
  readonly count?: number | undefined;
  /** The first one defines what was shown. */
  readonly sinks: readonly [Sink, ...(readonly Sink[])];
  readonly stages?: readonly Stage[];
  readonly lookups?: readonly Lookup[];
  readonly ownerWaitMs?: number | undefined;
  /** False: drops are counted alone. */
  readonly rows?: boolean | undefined;
  /** Totals by owner are wanted. */
  readonly cgroupOwners?: CgroupOwners | undefined;
  readonly observers?: readonly Observer[];
}

/** Takes over the source and the lookups, and closes them where this fails. */
export function startRun(source: Source, request: RunRequest): Run {
  const { lookups = [] } = request;
  try {
    const { filter: plan, sampleOneOf, maxPerSecond } = request;
    const filter = plan === undefined ? undefined : filterOf(plan, source, request.restWords);
    const run = new Run(source, {
      stages: request.stages ?? [],
      lookups,
      ownerWaitMs: request.ownerWaitMs ?? DEFAULT_OWNER_WAIT_MS,
      observers: request.observers ?? [],
      filter,
      hidesHarmless: !request.all,
      hasEvents: request.rows ?? true,
      cgroupOwners: request.cgroupOwners,
      limits: {
        sampleOneOf,
        maxPerSecond,
        sampledBySource: filter?.rest === undefined ? ["drop"] : [],
      },
      count: request.count,
      sinks: request.sinks,
      nowNs: () => libcSyscalls.clockGettimeNs(CLOCK_REALTIME),
    });
    run.start();
    return run;
  } catch (failure) {
    request.cgroupOwners?.[Symbol.dispose]();
    for (const lookup of lookups) void lookup[Symbol.asyncDispose]();
    source[Symbol.dispose]();
    throw failure;
  }
}

function filterOf(plan: FilterPlan, { facts: { filters } }: Source, restWords?: string): EventFilter {
  const rest = wordsAskedHere(plan, filters);
  return {
    accepts: acceptsRest(plan, filters),
    rest: rest === undefined ? undefined : (restWords ?? rest),
    asksOwner: asksOwner(plan),
  };
}
