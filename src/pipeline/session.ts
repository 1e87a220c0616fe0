/**
 * One run: wakes, drains in slices, decodes, enriches, hands on, and accounts for everything at the end. The
 * kernel wakes us for the first record into an empty ring. After it we look again and again until the ring is
 * empty: a storm costs one wake-up for many records, a lone drop has no delay.
 */
import type { Btf } from "../btf/index.ts";
import { KIND, recordHead } from "../capture/core/record-head.ts";
import { FUNCTION_PROBES, Tracer, type TracerOptions } from "../capture/tracer.ts";
import { DropDecoder } from "../decode/decode-drop.ts";
import type { Enricher } from "../enrich/enricher.ts";
import { DecodeError } from "../errors.ts";
import type { DropEvent, LostEvent, RefusedEvent, SummaryEvent, TotalsEvent } from "../event.ts";
import { type FilterPlan, RestOfFilter } from "../filter/index.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { DrainPace } from "./drain-pace.ts";
import { EachRefused } from "./each-refused.ts";
import { LossReport } from "./loss-report.ts";
import { openRefused } from "./open-refused.ts";
import type { Counted } from "./reason-counts.ts";
import type { Look, RefusedWatch } from "./refused-watch.ts";
import { RowLimit, type RowLimits } from "./row-limit.ts";
import { RunMeter } from "./run-meter.ts";
import { Tally } from "./tally.ts";

/** The event loop gets a turn after this long. */
const SLICE_MS = 10;
const SLICE_RECORDS = 256;
/** After detaching, records are still shown for this long; the rest counts as unread. */
const LAST_DRAIN_MS = 250;

export interface SessionOptions extends Omit<TracerOptions, "refusedProbes"> {
  /** False: drops of class normal and copy are hidden. */
  readonly all: boolean;
  /** Shown drops at most. */
  readonly count: number | undefined;
  /**
   * Tell of SYNs that listening sockets refuse: "auto", each by itself where this kernel allows it; else, and
   * with "counted", by counts.
   */
  readonly refused: "auto" | "counted" | "none";
  /** Measure what tracing costs. */
  readonly cost: boolean;
  /** What of the filter is asked where; its kernel part stands in `request` too. */
  readonly filter: FilterPlan | undefined;
  /** Of rows, where user space asks a part of the filter: then the kernel's are not in `request`. */
  readonly limits: RowLimits;
}

/**
 * Where events go. `isFull` true stops the draining until there is room again: what the ring cannot hold
 * meanwhile is lost and counted.
 */
export interface Receiver {
  /** False where it was not taken: then the drop counts as unread. */
  event(event: DropEvent | RefusedEvent | LostEvent): boolean;
  /** Every drop that was decoded, before it is shown or hidden. */
  readonly observe?: ((event: DropEvent) => void) | undefined;
  /** After each batch. */
  flush(): void;
  isFull(): boolean;
  /** `count` was reached. */
  complete(): void;
}

export class Session implements Disposable {
  readonly tracer: Tracer;
  readonly #decoder: DropDecoder;
  readonly #enricher: Enricher;
  readonly #options: SessionOptions;
  readonly #receiver: Receiver;
  readonly #tally = new Tally();
  readonly #meter: RunMeter;
  readonly #startedNs: bigint;
  readonly #nowNs: () => bigint;
  readonly #pace: DrainPace;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  readonly #refused: RefusedWatch | undefined;
  /** Why no refused SYNs are told, or not all; one line. */
  readonly refusedProblem: string | undefined;
  readonly #loss: LossReport;
  readonly #limit: RowLimit;
  readonly #filter: RestOfFilter;
  #untoldAtLook = 0;
  #stopped = false;
  /** What the kernel found of the filter, for the drop that was decoded last. */
  #told = 0;
  #summarize: () => SummaryEvent = () => {
    throw new Error("There is no summary before the end");
  };

  private constructor(
    tracer: Tracer,
    meter: RunMeter,
    refused: RefusedWatch | string | undefined,
    enricher: Enricher,
    options: SessionOptions,
    receiver: Receiver,
    nowNs: () => bigint,
  ) {
    this.tracer = tracer;
    this.#meter = meter;
    this.#refused = typeof refused === "string" ? undefined : refused;
    this.refusedProblem = typeof refused === "string" ? refused : refused?.problem;
    this.#decoder = new DropDecoder(tracer.ring.data, tracer.layouts.drop);
    this.#enricher = enricher;
    this.#options = options;
    this.#receiver = receiver;
    this.#nowNs = nowNs;
    this.#startedNs = nowNs();
    this.#filter = new RestOfFilter(options.filter, tracer.filters);
    this.#pace = new DrainPace(tracer.ring.sizeBytes);
    this.#limit = new RowLimit(this.#filter.rest === undefined ? {} : options.limits);
    this.#loss = new LossReport(() => tracer.counters().lost);
    this.#waitForWake();
    this.#waitForLook();
  }

  /** Attaches and begins. `nowNs` is wall time. */
  static open(
    sys: Syscalls,
    btf: Btf,
    enricher: Enricher,
    options: SessionOptions,
    receiver: Receiver,
    nowNs: () => bigint,
  ): Session {
    const { request, refused: how } = options;
    const refusedProbes = how === "auto" ? FUNCTION_PROBES : undefined;
    const tracer = Tracer.open(sys, btf, { ...options, refusedProbes });
    try {
      const refused = how === "none" ? undefined : openRefused(sys, btf, tracer, request, nowNs);
      return new Session(
        tracer,
        new RunMeter(sys, tracer, enricher, options.cost),
        refused,
        enricher,
        options,
        receiver,
        nowNs,
      );
    } catch (failure) {
      tracer[Symbol.dispose]();
      throw failure;
    }
  }

  /** How refused SYNs are told, in a few words; undefined where they are not. */
  get refusedHow(): string | undefined {
    return this.#refused?.how;
  }

  #waitForWake(): void {
    this.tracer.wakeOn(() => {
      this.tracer.sleep();
      this.#turn();
    });
  }

  /** One slice, then the next one: at once while records wait, later to look again, or asleep. */
  #turn(): void {
    if (this.#stopped) return;
    const drained = this.#receiver.isFull() ? { records: 0, caughtUp: true } : this.#slice();
    this.#tellLoss(this.#loss.now(this.#nowNs));
    if (this.#stopped) return;
    const pauseMs = this.#pace.after(drained.records);
    if (!drained.caughtUp) this.#immediate = setImmediate(() => this.#turn());
    else if (drained.records > 0 || this.#receiver.isFull())
      this.#timer = setTimeout(() => this.#turn(), pauseMs);
    else this.#waitForWake();
  }

  #slice(): { records: number; caughtUp: boolean } {
    const until = performance.now() + SLICE_MS;
    let records = 0;
    let caughtUp = false;
    this.#startBatch();
    this.#meter.lookAtRing();
    while (!caughtUp && performance.now() < until && !this.#receiver.isFull()) {
      const part = this.tracer.ring.drain((offset, length) => this.#record(offset, length), SLICE_RECORDS);
      records += part.records;
      caughtUp = part.caughtUp;
      if (part.records === 0) break;
    }
    if (records > 0) this.#receiver.flush();
    return { records, caughtUp: caughtUp || records === 0 };
  }

  #startBatch(): void {
    this.#enricher.startBatch();
    if (this.#refused instanceof EachRefused) this.#refused.startBatch();
  }

  #record(offset: number, length: number): void {
    if (this.tracer.ring.data[offset + recordHead.fields.kind.offset] === KIND.refused)
      return this.#recordRefused(offset, length);
    const { count, all } = this.#options;
    if (count !== undefined && this.#tally.shown >= count) {
      this.#tally.unread += 1;
      return;
    }
    const event = this.#decode(offset, length);
    if (event === undefined) return;
    this.#receiver.observe?.(event);
    this.#refused?.saw(event);
    if (!this.#filter.accepts(event, this.#told)) return this.#tally.filter();
    if (!all && (event.class === "normal" || event.class === "copy")) {
      this.#hide(event);
      return;
    }
    if (!this.#limit.passes(event.timeNs)) return this.#tally.limit();
    if (!this.#receiver.event(event)) {
      this.#tally.unread += 1;
      return;
    }
    this.#tally.show(event);
    if (this.#tally.shown === count) this.#receiver.complete();
  }

  #recordRefused(offset: number, length: number): void {
    const event = this.#refused instanceof EachRefused ? this.#refused.event(offset, length) : undefined;
    for (const wanted of this.#filter.wanted(event === undefined ? [] : [event]))
      this.#receiver.event(wanted);
  }

  /** Counted here, and from the second one on in the kernel, if all that comes from there is as harmless. */
  #hide(event: DropEvent): void {
    this.#tally.hide(event);
    const dropClass = this.#enricher.classOfPlace(event);
    if (event.reasonCode !== undefined && (dropClass === "normal" || dropClass === "copy"))
      this.tracer.hideSite(event.reasonCode, event.locationAddress, dropClass);
  }

  #waitForLook(): void {
    const refused = this.#refused;
    refused?.wait(() => {
      const look = refused.look();
      // The drops until then are in the ring: what they explain is not refused.
      const complete = !look.moved || (!this.#receiver.isFull() && this.#slice().caughtUp);
      if (look.moved || !this.#receiver.isFull()) this.#tellRefused(look, complete, false);
      this.#waitForLook();
    });
  }

  #tellRefused(look: Look, complete: boolean, isLast: boolean): void {
    // Drops of a listener that nobody was told of would pass for refused SYNs.
    const untold = look.moved ? this.#filter.untold(this.tracer.counters()) : this.#untoldAtLook;
    const events = look.tell(complete && untold === this.#untoldAtLook, isLast);
    this.#untoldAtLook = untold;
    const wanted = this.#filter.wanted(events);
    for (const event of wanted) this.#receiver.event(event);
    if (wanted.length > 0) this.#receiver.flush();
  }

  /** A record that cannot be decoded is counted and left out; nothing throws on the hot path. */
  #decode(offset: number, length: number): DropEvent | undefined {
    try {
      const raw = this.#decoder.decode(offset, length);
      this.#told = raw.filterTold;
      return this.#enricher.enrich(raw);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#tally.undecodable += 1;
      return undefined;
    }
  }

  #tellLoss(event: LostEvent | undefined): void {
    if (event === undefined) return;
    this.#receiver.event(event);
    this.#receiver.flush();
  }

  /** What was dropped until now, by place. */
  totals(): TotalsEvent {
    this.#enricher.startBatch();
    return this.#meter.totals(this.#nowNs());
  }

  /**
   * `unwritten` waits for the output, and tells which of the shown drops it did not write: they count as
   * unread. Detaches at once, drains what is there, waits until the counters stand still, and totals.
   */
  async end(unwritten: () => Promise<readonly Counted[]> = () => Promise.resolve([])): Promise<SummaryEvent> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#refused?.stop();
    this.tracer.sleep();
    // Before detaching: what a listener drops after that has no event any more, and would pass for refused.
    const look = this.#refused?.look();
    this.tracer.detach();
    const counters = await this.tracer.settled();
    const unread = this.#drainRest();
    if (look !== undefined) this.#tellRefused(look, unread === 0, true);
    this.#tellLoss(this.#loss.upTo(counters.lost, this.#nowNs));
    const unwrittenDrops = await unwritten();
    const [missed, endedNs] = [this.tracer.missed(), this.#nowNs()];
    const facts = {
      nameOf: (code: number) => this.#enricher.meaning(code).name,
      startedNs: this.#startedNs,
      byPlace: this.#meter.byPlace(),
      cost: this.#meter.cost(),
      endedNs,
      blindSpots: this.tracer.blindSpots,
      refusedSyns: this.#filter.refusedTotal(this.#refused?.total),
      filterRest: this.#filter.rest,
    };
    this.#summarize = () => this.#tally.summary(counters, missed, facts);
    return this.unshow(unwrittenDrops);
  }

  /** After `end`: the summary once more, with these drops, which were not written after all, as unread. */
  unshow(drops: readonly Counted[]): SummaryEvent {
    for (const drop of drops) this.#tally.unshow(drop);
    return this.#summarize();
  }

  /** How many records were left. */
  #drainRest(): number {
    const until = performance.now() + LAST_DRAIN_MS;
    const { ring } = this.tracer;
    this.#startBatch();
    for (let drained = 1; drained > 0 && performance.now() < until && !this.#receiver.isFull(); ) {
      drained = ring.drain((offset, length) => this.#record(offset, length), SLICE_RECORDS).records;
      this.#receiver.flush();
    }
    const unread = ring.drain(() => undefined).records;
    this.#tally.unread += unread;
    return unread;
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#refused?.[Symbol.dispose]();
    this.#meter[Symbol.dispose]();
    this.tracer[Symbol.dispose]();
  }
}
