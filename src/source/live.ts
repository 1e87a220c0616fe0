/**
 * The live kernel as a source: the drop program's ring, and the watch over listening sockets.
 *
 * A look at listening sockets says what they refused until then. The drops until then explain a part of it, so
 * its events follow once the ring has been read up to there.
 */
import { enableRunStatistics } from "../bpf/index.ts";
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
import {
  type DropClass,
  type DropEvent,
  isHarmless,
  type Kind,
  type ReasonCount,
  type RefusedEvent,
  type RefusedTotal,
} from "../model/index.ts";
import { EachRefused } from "../pipeline/each-refused.ts";
import { openRefused } from "../pipeline/open-refused.ts";
import type { Look, RefusedWatch } from "../pipeline/refused-watch.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
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
  /** Measure what tracing costs: needs CAP_SYS_ADMIN. */
  readonly cost: boolean;
  readonly kernelReasons: ReadonlySet<string>;
  /** What the trace reads from; closed with the source. */
  readonly held: Disposable;
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
  readonly #options: LiveOptions;
  #hooks: SourceHooks | undefined;
  #armed = false;
  /** Waits for the ring to be read up to its time. */
  #look: Look | undefined;
  #watching = false;
  #stopped = false;
  #isClosed = false;
  #undecodable = 0;
  #refusedSeen = 0;
  #withoutEvent = 0;
  #ringHighWaterBytes = 0;

  private constructor(
    { scope, tracer, watch, watchProblem, maker, refusedMaker }: Parts,
    options: LiveOptions,
  ) {
    this.#scope = scope;
    this.#tracer = tracer;
    this.#watch = watch;
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

  /** Attaches; whatever was opened is closed again where any of it fails. `nowNs` is wall time. */
  static open(
    sys: Syscalls,
    btf: Btf,
    naming: EventNaming,
    options: LiveOptions,
    nowNs: () => bigint,
  ): LiveSource {
    const scope = new Scope();
    try {
      const refusedProbes = options.refused === "auto" ? FUNCTION_PROBES : undefined;
      const tracer = scope.own(Tracer.open(sys, btf, { ...options, refusedProbes }));
      const watch = openWatch(sys, btf, tracer, options, nowNs);
      if (typeof watch === "object") scope.own(watch);
      if (options.cost) scope.own(enableRunStatistics(sys));
      const parts =
        typeof watch === "string"
          ? { watch: undefined, watchProblem: watch }
          : { watch, watchProblem: undefined };
      const { drop, refused } = tracer.layouts;
      const view = new RecordView(tracer.ring.data);
      const maker = new EventMaker(view, drop, naming);
      const refusedMaker = refused === undefined ? undefined : new RefusedMaker(view, refused, naming.clock);
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
    if (!this.#watching) this.#waitForLook();
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
    this.#watching = false;
    this.#watch?.stop();
  }

  drain(to: OnEvent, maxRecords: number): Drained {
    this.#maker.startBatch();
    this.#ringHighWaterBytes = Math.max(this.#ringHighWaterBytes, this.#tracer.ring.pendingBytes);
    const { records, caughtUp } = this.#tracer.ring.drain(
      (offset, length) => this.#record(offset, length, to),
      maxRecords,
    );
    const look = caughtUp && !this.#stopped ? this.#look : undefined;
    const refused = look === undefined ? 0 : this.#emit(look, true, false, to);
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
      refused: { ...NO_COUNTS, seen: this.#refusedSeen },
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
    // Before detaching: what a listener drops after that has no event any more, and would pass for refused.
    if (this.#watch !== undefined) this.#look = this.#watch.look();
    this.#tracer.detach();
    await this.#tracer.settled();
  }

  discardRest(to: OnEvent): Readonly<Record<Kind, number>> {
    const { ring } = this.#tracer;
    let unread = 0;
    // Refused SYNs without an event are reported by cause.
    ring.drain((offset) => {
      if (ring.data[offset + HEAD.kind] === KIND.drop) unread += 1;
    });
    if (this.#look !== undefined) this.#emit(this.#look, unread === 0, true, to);
    return { drop: unread, refused: 0 };
  }

  cost(): SourceCost | undefined {
    if (!this.#options.cost) return undefined;
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
    this.#watch?.saw(event);
    to(event);
  }

  /** One that cannot be decoded has no event, and is reported as such at the end. */
  #recordRefused(offset: number, length: number, to: OnEvent): void {
    let refused: Omit<RefusedEvent, "id"> | undefined;
    try {
      refused = this.#refusedMaker?.make(offset, length);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
    }
    if (refused === undefined) return;
    if (this.#watch instanceof EachRefused) this.#watch.took(refused.site.reason);
    this.#refusedSeen += 1;
    to({ ...refused, id: this.#maker.nextId() });
  }

  #waitForLook(): void {
    this.#watching = true;
    this.#watch?.wait(() => {
      try {
        this.#look = this.#watch?.look();
      } catch (failure) {
        this.#hooks?.fail(failure);
        return;
      }
      this.#wake();
    });
  }

  /** How many events it made. */
  #emit(look: Look, dropsComplete: boolean, isLast: boolean, to: OnEvent): number {
    this.#look = undefined;
    // Drops of a listener without an event would pass for refused SYNs.
    const withoutEvent = look.moved ? this.#countWithoutEvent() : this.#withoutEvent;
    const complete = dropsComplete && withoutEvent === this.#withoutEvent;
    this.#withoutEvent = withoutEvent;
    const events = look.tell(complete, isLast);
    for (const refused of events) {
      const event: RefusedEvent = { ...refused, id: this.#maker.nextId() };
      this.#refusedSeen += event.detail.count;
      to(event);
    }
    if (!isLast) this.#waitForLook();
    return events.length;
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
    const { locationHigh, locationLow, reasonCode, ip, copy, count, lastNs } = total;
    return {
      key: `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`,
      count,
      lastNs: this.#maker.wallNs(lastNs),
      name: () => this.#maker.site(total),
    };
  }
}

function openWatch(
  sys: Syscalls,
  btf: Btf,
  tracer: Tracer,
  { request: { netns, family }, refused }: LiveOptions,
  nowNs: () => bigint,
): RefusedWatch | string | undefined {
  if (refused === "none") return undefined;
  return openRefused(sys, btf, tracer, { netns, family, tellsSocket: tracer.tellsSocket }, nowNs);
}
