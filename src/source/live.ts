/**
 * The live kernel as a source: the drop program's ring, and the watch over listening sockets.
 *
 * A look at listening sockets says what they refused until then. The drops until then explain a part of it, so
 * its events follow once the ring has been read up to there.
 */
import { enableRunStatistics } from "../bpf/index.ts";
import type { Btf } from "../btf/index.ts";
import { type KernelCounters, type PlaceTotal, Tracer, type TracerOptions } from "../capture/tracer.ts";
import { DropDecoder } from "../decode/decode-drop.ts";
import type { Enricher } from "../enrich/enricher.ts";
import { DecodeError } from "../errors.ts";
import type { DropClass, DropEvent, ReasonCount, RefusedTotal } from "../event.ts";
import { openRefused } from "../pipeline/open-refused.ts";
import type { Look, RefusedWatch } from "../pipeline/refused-watch.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import {
  type Drained,
  type Kind,
  NO_COUNTS,
  type OnEvent,
  type SiteTotal,
  type Source,
  type SourceCost,
  type SourceCounts,
  type SourceFacts,
  type SourceHooks,
} from "./source.ts";

export interface LiveOptions extends TracerOptions {
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
  readonly enricher: Enricher;
}

export class LiveSource implements Source {
  readonly facts: SourceFacts;
  readonly #tracer: Tracer;
  readonly #scope: Scope;
  readonly #decoder: DropDecoder;
  readonly #enricher: Enricher;
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

  private constructor({ scope, tracer, watch, watchProblem, enricher }: Parts, options: LiveOptions) {
    this.#scope = scope;
    this.#tracer = tracer;
    this.#watch = watch;
    this.#enricher = enricher;
    this.#options = options;
    this.#decoder = new DropDecoder(tracer.ring.data);
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
    enricher: Enricher,
    options: LiveOptions,
    nowNs: () => bigint,
  ): LiveSource {
    const scope = new Scope();
    try {
      const tracer = scope.own(Tracer.open(sys, btf, options));
      const watch = openWatch(sys, btf, tracer, options, nowNs);
      if (typeof watch === "object") scope.own(watch);
      if (options.cost) scope.own(enableRunStatistics(sys));
      const parts =
        typeof watch === "string"
          ? { watch: undefined, watchProblem: watch }
          : { watch, watchProblem: undefined };
      return new LiveSource({ scope, tracer, enricher, ...parts }, options);
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
    this.#enricher.startBatch();
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
    this.#enricher.startBatch();
    return this.#tracer.totals().map((total) => this.#site(total));
  }

  learnHarmless(event: DropEvent): void {
    const dropClass = this.#enricher.classOfPlace(event);
    if (event.reasonCode !== undefined && (dropClass === "normal" || dropClass === "copy"))
      this.#tracer.hidePlace(event.reasonCode, event.locationAddress, dropClass);
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
    const unread = this.#tracer.ring.drain(() => undefined).records;
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
    return this.#enricher.problems;
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
    let event: DropEvent;
    let verdicts: number;
    try {
      const raw = this.#decoder.decode(offset, length);
      verdicts = raw.filterTold;
      event = this.#enricher.enrich(raw);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#undecodable += 1;
      return;
    }
    this.#watch?.saw(event);
    to(event, verdicts);
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
    for (const event of events) {
      this.#refusedSeen += event.count;
      to(event, 0);
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
    const rows = (dropClass: DropClass, counts: ReadonlyMap<number, number>): readonly ReasonCount[] =>
      [...counts].map(([reasonCode, count]) => ({
        reason: this.#enricher.meaning(reasonCode).name,
        reasonCode,
        reasonInferred: false,
        class: dropClass,
        count,
      }));
    return [...rows("normal", kernel.hiddenNormalByReason), ...rows("copy", kernel.hiddenCopyByReason)];
  }

  #site(total: PlaceTotal): SiteTotal {
    const { locationHigh, locationLow, reasonCode, ip, copy, count, lastNs } = total;
    return {
      key: `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`,
      count,
      lastNs: this.#enricher.wallNs(lastNs),
      name: () => this.#enricher.site(total),
    };
  }
}

function openWatch(
  sys: Syscalls,
  btf: Btf,
  tracer: Tracer,
  { request: { netns, family }, refused, possibleCpus }: LiveOptions,
  nowNs: () => bigint,
): RefusedWatch | string | undefined {
  if (refused === "none") return undefined;
  const options = { netns, family, tellsSocket: tracer.tellsSocket, possibleCpus, how: refused };
  return openRefused(sys, btf, options, nowNs);
}
