/**
 * The live kernel as a source: the ring of the records of all kinds, and the watch over listening sockets.
 *
 * A sample of the watch says what was refused until then. The drops until then explain a part of it, so its
 * events follow once the ring has been read up to there (refused-sampling.ts).
 */
import type { Btf } from "../btf/index.ts";
import { FUNCTION_PROBES, Tracer, type TracerOptions } from "../capture/tracer.ts";
import type { EventMaker, EventNaming } from "../enrich/event-maker.ts";
import type { Held } from "../host/authority.ts";
import { openRefused } from "../listeners/open-refused.ts";
import type { RefusedWatch } from "../listeners/refused-watch.ts";
import { type DropEvent, isHarmless, type Kind, type OwnerTotal, type RefusedTotal } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import type { EndBudget } from "./end-budget.ts";
import { countsOf } from "./live-counts.ts";
import { ownerTotals } from "./live-owners.ts";
import { LiveRecords } from "./live-records.ts";
import { namedTotal, siteTotals } from "./live-sites.ts";
import type { OwnerAnswers } from "./owner-answers.ts";
import { RefusedSampling } from "./refused-sampling.ts";
import type {
  Drained,
  OnEvent,
  SiteTotal,
  Source,
  SourceCost,
  SourceCounts,
  SourceFacts,
  SourceHooks,
} from "./source.ts";
import { VariantCounts } from "./variant-counts.ts";

export interface LiveOptions extends Omit<TracerOptions, "refusedProbes"> {
  /** SYNs that listening sockets refuse: "auto", each by itself where the kernel allows it; else by counts. */
  readonly refused: "auto" | "counted" | "none";
  /** There is a filter: what it rejected in the kernel may have been a listening socket's drop. */
  readonly filtered: boolean;
  readonly kernelReasons: ReadonlySet<string>;
  /** What the kernel learns of owners; undefined where the filter does not ask for them. */
  readonly answers?: OwnerAnswers | undefined;
  /** What needs rights; closed with the source. */
  readonly held: Held;
}

export class LiveSource implements Source {
  readonly facts: SourceFacts;
  readonly #tracer: Tracer;
  readonly #scope: Scope;
  readonly #records: LiveRecords;
  readonly #watch: RefusedWatch | undefined;
  readonly #sampling: RefusedSampling | undefined;
  readonly #options: LiveOptions;
  #hooks: SourceHooks | undefined;
  #armed = false;
  #stopped = false;
  #isClosed = false;
  #ringHighWaterBytes = 0;
  readonly #variants = new VariantCounts();

  private constructor(
    scope: Scope,
    tracer: Tracer,
    records: LiveRecords,
    watch: RefusedWatch | string | undefined,
    options: LiveOptions,
  ) {
    this.#scope = scope;
    this.#tracer = tracer;
    this.#records = records;
    this.#options = options;
    this.#watch = typeof watch === "string" ? undefined : watch;
    if (this.#watch !== undefined)
      this.#sampling = new RefusedSampling(this.#watch, {
        wake: () => this.#wake(),
        fail: (failure) => this.#hooks?.fail(failure),
        countWithoutEvent: () => this.#countWithoutEvent(),
        nextId: () => records.nextId(),
      });
    this.facts = Object.freeze({
      headerAccess: tracer.headerAccess,
      filters: tracer.filters,
      blindSpots: tracer.blindSpots,
      kernelReasons: options.kernelReasons,
      refusedHow: this.#watch?.how,
      refusedProblem: typeof watch === "string" ? watch : watch?.problem,
      verifiedInstructions: tracer.program.info().verifiedInstructions,
      ringBytes: tracer.ring.sizeBytes,
    });
  }

  /** Attaches; whatever was opened is closed again where any of it fails. */
  static open(sys: Syscalls, btf: Btf, naming: EventNaming, options: LiveOptions): LiveSource {
    const scope = new Scope();
    try {
      const refusedProbes = options.refused === "auto" ? FUNCTION_PROBES : undefined;
      const tracer = scope.own(Tracer.open(sys, btf, { ...options, refusedProbes }));
      const records = new LiveRecords(tracer.ring.data, tracer.layouts, naming);
      const watch = openWatch(sys, btf, tracer, records.drops, options);
      if (typeof watch === "object") scope.own(watch);
      return new LiveSource(scope, tracer, records, watch, options);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  arm(hooks: SourceHooks): void {
    this.#hooks = hooks;
    this.#armed = true;
    this.#tracer.wakeOn(() => this.#wake());
    this.#sampling?.start();
  }

  /** Where nobody is armed, the ring is being read anyway. */
  #wake(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.#tracer.sleep();
    this.#hooks?.ready();
  }

  disarm(): void {
    if (this.#isClosed) return;
    this.#armed = false;
    this.#tracer.sleep();
    this.#sampling?.stop();
  }

  drain(to: OnEvent, maxRecords: number): Drained {
    this.#records.drops.startBatch();
    this.#ringHighWaterBytes = Math.max(this.#ringHighWaterBytes, this.#tracer.ring.pendingBytes);
    const { records, caughtUp } = this.#tracer.ring.drain(
      (offset, length) => this.#record(offset, length, to),
      maxRecords,
    );
    const refused = caughtUp && !this.#stopped ? (this.#sampling?.report(to) ?? 0) : 0;
    return { records: records + refused, caughtUp };
  }

  counts(): SourceCounts {
    return countsOf({ tracer: this.#tracer, records: this.#records, sampling: this.#sampling });
  }

  lost(): number {
    return this.#tracer.counters().lost;
  }

  refused(): RefusedTotal | undefined {
    return this.#watch?.total;
  }

  sites(): readonly SiteTotal[] {
    this.#records.drops.startBatch();
    return this.#tracer.totals().flatMap((total) => siteTotals(total, this.#records.drops, this.#variants));
  }

  ownerTotals(): readonly OwnerTotal[] | undefined {
    const totals = this.#tracer.ownerTotals();
    return totals === undefined ? undefined : ownerTotals(totals, this.#records.drops);
  }

  learnHarmless(event: DropEvent): void {
    const { reasonCode, locationAddress } = event.site;
    const dropClass = this.#records.drops.classOfAll(event.site);
    if (reasonCode !== undefined && dropClass !== undefined && isHarmless(dropClass))
      this.#tracer.hideSite(reasonCode, locationAddress, dropClass);
  }

  learnOwner(event: DropEvent): void {
    this.#options.answers?.learn(event, (key, answers, untilNs) =>
      this.#tracer.learnAnswers(key, answers, untilNs),
    );
  }

  async stop(budget: EndBudget): Promise<void> {
    this.#stopped = true;
    this.disarm();
    const detach = async (): Promise<void> => {
      this.#tracer.detach();
      await this.#tracer.settled();
    };
    await (this.#sampling === undefined ? detach() : this.#sampling.takeLast(budget, detach));
  }

  discardRest(to: OnEvent): Readonly<Record<Kind, number>> {
    const { ring } = this.#tracer;
    const unread = byKind(() => 0);
    ring.drain((offset) => {
      const kind = this.#records.kindAt(offset);
      if (kind !== undefined) unread[kind] += 1;
    });
    this.#sampling?.reportLast(unread.drop === 0, to);
    // Refused SYNs that stay unread are reported by their counts.
    return { ...unread, refused: 0 };
  }

  cost(): SourceCost | undefined {
    if (this.#options.held.statistics === undefined) return undefined;
    const { runCount, runTimeNs } = this.#tracer.program.info();
    return {
      programRuns: Number(runCount),
      programNs: Number(runTimeNs),
      ringHighWaterBytes: this.#ringHighWaterBytes,
      ringBytes: this.#tracer.ring.sizeBytes,
    };
  }

  problems(): readonly string[] {
    // Where refused SYNs have no probe they are counted, and that has a problem of its own.
    const others = Object.entries(this.#tracer.problems).filter(([kind]) => kind !== "refused");
    const { ownerProblem } = this.#tracer;
    return [
      ...this.#records.drops.problems,
      ...others.map(([, problem]) => problem),
      ...(ownerProblem === undefined ? [] : [ownerProblem]),
    ];
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.disarm();
    this.#isClosed = true;
    this.#scope[Symbol.dispose]();
    this.#options.held[Symbol.dispose]();
  }

  #record(offset: number, length: number, to: OnEvent): void {
    const event = this.#records.read(offset, length);
    if (event === undefined) return;
    if (event.kind === "drop") this.#variants.count(event);
    this.#watch?.record(event);
    to(event);
  }

  /** Drops that are traced and have no event: lost, limited, and rejected by the filter. */
  #countWithoutEvent(): number {
    const { lost, limited, filtered } = this.#tracer.counters();
    return lost + limited + (this.#options.filtered ? filtered : 0);
  }
}

function openWatch(
  sys: Syscalls,
  btf: Btf,
  tracer: Tracer,
  drops: EventMaker,
  { request, refused: how, possibleCpus, held: { namespaces } }: LiveOptions,
): RefusedWatch | string | undefined {
  if (how === "none" || namespaces === undefined) return undefined;
  const { netns, family } = request;
  return openRefused(sys, btf, tracer, {
    netns,
    family,
    owners: request.owners === true,
    namespaces,
    possibleCpus,
    givesSocket: tracer.givesSocket,
    filters: request.filter !== undefined && tracer.filters,
    sites: () => tracer.totals().map((total) => namedTotal(total, drops)),
  });
}
