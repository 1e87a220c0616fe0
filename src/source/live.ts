/**
 * The live kernel as a source: the drop program's ring, and the watch over listening sockets.
 *
 * A sample of the watch says what was refused until then. The drops until then explain a part of it, so its
 * events follow once the ring has been read up to there (refused-sampling.ts).
 */
import type { Btf } from "../btf/index.ts";
import { KIND } from "../capture/core/record-head.ts";
import { HEAD } from "../capture/core/record-reader.ts";
import { RecordView } from "../capture/core/record-view.ts";
import type { KernelSiteTotal } from "../capture/kinds/drop/site-totals.ts";
import {
  FUNCTION_PROBES,
  type KernelCounters,
  type ReasonSlot,
  Tracer,
  type TracerOptions,
} from "../capture/tracer.ts";
import { EventMaker, type EventNaming } from "../enrich/event-maker.ts";
import { RefusedMaker } from "../enrich/refused-maker.ts";
import { DecodeError } from "../errors.ts";
import type { Held } from "../host/authority.ts";
import { EachRefused } from "../listeners/each-refused.ts";
import { openRefused } from "../listeners/open-refused.ts";
import type { RefusedWatch } from "../listeners/refused-watch.ts";
import {
  type DropClass,
  type DropEvent,
  isHarmless,
  type Kind,
  type ReasonCount,
  type RefusedEvent,
  type RefusedTotal,
} from "../model/index.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { RefusedSampling } from "./refused-sampling.ts";
import {
  type Drained,
  NO_COUNTS,
  type OnEvent,
  type SiteTotal,
  type Source,
  type SourceCost,
  type SourceCounts,
  type SourceFacts,
  type SourceHooks,
} from "./source.ts";

/** Reasons that share the last of the kernel program's counters. */
const OTHER = {
  reason: undefined,
  reasonCode: undefined,
  reasonSubsystem: undefined,
  reasonInferred: false,
  other: true,
} as const;

export interface LiveOptions extends Omit<TracerOptions, "refusedProbes"> {
  /** SYNs that listening sockets refuse: "auto", each by itself where this kernel allows it; else by counts. */
  readonly refused: "auto" | "counted" | "none";
  /** There is a filter: what it rejected in the kernel may have been a listening socket's drop. */
  readonly filtered: boolean;
  readonly kernelReasons: ReadonlySet<string>;
  /** What needs rights; closed with the source. */
  readonly held: Held;
}

interface Parts {
  readonly scope: Scope;
  readonly tracer: Tracer;
  readonly watch: RefusedWatch | undefined;
  readonly watchProblem: string | undefined;
  readonly maker: EventMaker;
  readonly refusedMaker: RefusedMaker | undefined;
}

export class LiveSource implements Source {
  readonly facts: SourceFacts;
  readonly #tracer: Tracer;
  readonly #scope: Scope;
  readonly #maker: EventMaker;
  /** Undefined where no refused SYNs come through the ring. */
  readonly #refusedMaker: RefusedMaker | undefined;
  readonly #watch: RefusedWatch | undefined;
  readonly #sampling: RefusedSampling | undefined;
  readonly #options: LiveOptions;
  #hooks: SourceHooks | undefined;
  #armed = false;
  #stopped = false;
  #isClosed = false;
  #undecodable = 0;
  /** Through the ring. */
  #refusedSeen = 0;
  #ringHighWaterBytes = 0;

  private constructor(
    { scope, tracer, watch, watchProblem, maker, refusedMaker }: Parts,
    options: LiveOptions,
  ) {
    this.#scope = scope;
    this.#tracer = tracer;
    this.#watch = watch;
    if (watch !== undefined)
      this.#sampling = new RefusedSampling(watch, {
        wake: () => this.#wake(),
        fail: (failure) => this.#hooks?.fail(failure),
        countWithoutEvent: () => this.#countWithoutEvent(),
        nextId: () => maker.nextId(),
      });
    this.#maker = maker;
    this.#refusedMaker = refusedMaker;
    this.#options = options;
    this.facts = Object.freeze({
      headerAccess: tracer.headerAccess,
      filters: tracer.filters,
      blindSpots: tracer.blindSpots,
      kernelReasons: options.kernelReasons,
      refusedHow: watch?.how,
      refusedProblem: watchProblem ?? watch?.problem,
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
      const { drop, refused } = tracer.layouts;
      const view = new RecordView(tracer.ring.data);
      const maker = new EventMaker(view, drop, naming);
      const refusedMaker = refused === undefined ? undefined : new RefusedMaker(view, refused, naming.clock);
      const watch = openWatch(sys, btf, tracer, maker, options);
      if (typeof watch === "object") scope.own(watch);
      const parts =
        typeof watch === "string"
          ? { watch: undefined, watchProblem: watch }
          : { watch, watchProblem: undefined };
      return new LiveSource({ scope, tracer, maker, refusedMaker, ...parts }, options);
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
    this.#maker.startBatch();
    this.#ringHighWaterBytes = Math.max(this.#ringHighWaterBytes, this.#tracer.ring.pendingBytes);
    const { records, caughtUp } = this.#tracer.ring.drain(
      (offset, length) => this.#record(offset, length, to),
      maxRecords,
    );
    const refused = caughtUp && !this.#stopped ? (this.#sampling?.report(to) ?? 0) : 0;
    return { records: records + refused, caughtUp };
  }

  counts(): SourceCounts {
    const kernel = this.#tracer.counters();
    return {
      drop: {
        seen: kernel.seen,
        sent: kernel.sent,
        hiddenNormal: kernel.hiddenNormal,
        hiddenCopy: kernel.hiddenCopy,
        filtered: kernel.filtered,
        limited: kernel.limited,
        lost: kernel.lost,
        undecodable: {
          header_not_linear: kernel.notLinear,
          header_not_set: kernel.notHeader,
          record: this.#undecodable,
        },
        missed: this.#tracer.missed(),
        hiddenByReason: this.#hiddenByReason(kernel),
      },
      refused: { ...NO_COUNTS, seen: this.#refusedSeen + (this.#sampling?.seen ?? 0) },
    };
  }

  lost(): number {
    return this.#tracer.counters().lost;
  }

  refused(): RefusedTotal | undefined {
    return this.#watch?.total;
  }

  sites(): readonly SiteTotal[] {
    this.#maker.startBatch();
    return this.#tracer.totals().map((total) => this.#site(total));
  }

  learnHarmless(event: DropEvent): void {
    const { reasonCode, locationAddress } = event.site;
    const dropClass = this.#maker.classOfAll(event.site);
    if (reasonCode !== undefined && dropClass !== undefined && isHarmless(dropClass))
      this.#tracer.hideSite(reasonCode, locationAddress, dropClass);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.disarm();
    const detach = async (): Promise<void> => {
      this.#tracer.detach();
      await this.#tracer.settled();
    };
    await (this.#sampling === undefined ? detach() : this.#sampling.takeLast(detach));
  }

  discardRest(to: OnEvent): Readonly<Record<Kind, number>> {
    const { ring } = this.#tracer;
    let unread = 0;
    // Refused SYNs that stay unread are reported by their counts.
    ring.drain((offset) => {
      if (ring.data[offset + HEAD.kind] === KIND.drop) unread += 1;
    });
    this.#sampling?.reportLast(unread === 0, to);
    return { drop: unread, refused: 0 };
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
    return this.#maker.problems;
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.disarm();
    this.#isClosed = true;
    this.#scope[Symbol.dispose]();
    this.#options.held[Symbol.dispose]();
  }

  /** A record that cannot be decoded is counted and left out; nothing throws on the hot path. */
  #record(offset: number, length: number, to: OnEvent): void {
    if (this.#tracer.ring.data[offset + HEAD.kind] === KIND.refused)
      return this.#recordRefused(offset, length, to);
    let event: DropEvent;
    try {
      event = this.#maker.make(offset, length);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#undecodable += 1;
      return;
    }
    this.#watch?.recordDrop(event);
    to(event);
  }

  /** One that cannot be decoded is reported by its count. */
  #recordRefused(offset: number, length: number, to: OnEvent): void {
    let refused: Omit<RefusedEvent, "id"> | undefined;
    try {
      refused = this.#refusedMaker?.make(offset, length);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
    }
    if (refused === undefined) return;
    if (this.#watch instanceof EachRefused) this.#watch.recordRefused(refused.site.reason);
    this.#refusedSeen += 1;
    to({ ...refused, id: this.#maker.nextId() });
  }

  /** Drops that are traced and have no event: lost, limited, and rejected by the filter. */
  #countWithoutEvent(): number {
    const { lost, limited, filtered } = this.#tracer.counters();
    return lost + limited + (this.#options.filtered ? filtered : 0);
  }

  #hiddenByReason(kernel: KernelCounters): readonly ReasonCount[] {
    const rows = (dropClass: DropClass, counts: ReadonlyMap<ReasonSlot, number>): readonly ReasonCount[] =>
      [...counts].map(([slot, count]) => ({
        ...(slot === "other" ? OTHER : this.#maker.reason(slot)),
        class: dropClass,
        count,
      }));
    return [...rows("normal", kernel.hiddenNormalByReason), ...rows("copy", kernel.hiddenCopyByReason)];
  }

  #site(total: KernelSiteTotal): SiteTotal {
    return { ...namedTotal(total, this.#maker), lastNs: this.#maker.wallNs(total.lastNs) };
  }
}

function siteKey({ locationHigh, locationLow, reasonCode, ip, copy }: KernelSiteTotal): string {
  return `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`;
}

function openWatch(
  sys: Syscalls,
  btf: Btf,
  tracer: Tracer,
  maker: EventMaker,
  { request, refused: how, possibleCpus, held: { namespaces } }: LiveOptions,
): RefusedWatch | string | undefined {
  if (how === "none" || namespaces === undefined) return undefined;
  const { netns, family } = request;
  return openRefused(sys, btf, tracer, {
    netns,
    family,
    namespaces,
    possibleCpus,
    tellsSocket: tracer.tellsSocket,
    filters: request.filter !== undefined && tracer.filters,
    sites: () => tracer.totals().map((total) => namedTotal(total, maker)),
  });
}

function namedTotal(total: KernelSiteTotal, maker: EventMaker): Omit<SiteTotal, "lastNs"> {
  return { key: siteKey(total), count: total.count, name: () => maker.site(total) };
}
