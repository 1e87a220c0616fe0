/**
 * One run: drains a source in slices, sends each event on its way to the sinks (event-path.ts), and accounts
 * for all of it. After the first event it looks again and again until the source has nothing more:
 * a storm costs one wake-up for many records, a lone drop has no delay.
 *
 * Whatever fails in a callback ends the run: `finished` resolves, `end` still gives the summary, and
 * `failure` says why.
 */
import type { LostNotice, RefusedTotal, SummaryNotice, TotalsNotice, UnreadCause } from "../model/index.ts";
import { EndBudget } from "../source/end-budget.ts";
import type { Source, SourceHooks } from "../source/source.ts";
import { DrainPace } from "./drain-pace.ts";
import { EventPath } from "./event-path.ts";
import { FanOut } from "./fan-out.ts";
import { lastDrain } from "./last-drain.ts";
import { Ledger } from "./ledger.ts";
import { LossReport } from "./loss-report.ts";
import { RunMeter } from "./run-meter.ts";
import type { RunOptions } from "./run-options.ts";
import type { Notice } from "./sink.ts";

/** The event loop gets a turn after this long. */
const SLICE_MS = 10;
const SLICE_RECORDS = 256;

/** What reading the kernel's totals and clocks takes. */
type Measured = Pick<SummaryNotice, "bySite" | "byOwner" | "cost">;

export class Run implements AsyncDisposable {
  /** Resolves when the run has a reason to end: `count`, a primary sink whose reader has gone, a failure. */
  readonly finished: Promise<void>;
  /** Why it failed; undefined where it did not. */
  failure: { readonly cause: unknown } | undefined;
  readonly #source: Source;
  readonly #options: RunOptions;
  readonly #fanOut: FanOut;
  readonly #ledger = new Ledger();
  readonly #meter: RunMeter;
  readonly #path: EventPath;
  readonly #loss: LossReport;
  readonly #pace: DrainPace;
  /** Wall time. */
  readonly startedNs: bigint;
  readonly #hooks: SourceHooks;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #stopped: Promise<void> | undefined;
  #isClosed = false;
  #finish: () => void = () => undefined;

  constructor(source: Source, options: RunOptions) {
    const [primary, ...others] = options.sinks;
    this.#source = source;
    this.#options = options;
    this.#fanOut = new FanOut(primary, others);
    this.#meter = new RunMeter(source, options.cgroupOwners, options.hasEvents ?? true);
    this.#loss = new LossReport(() => source.lost());
    this.#pace = new DrainPace(source.facts.ringBytes);
    this.startedNs = options.nowNs();
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#path = new EventPath(
      { ...options, observers: [...options.observers, ...this.#meter.observers] },
      { source, ledger: this.#ledger, fanOut: this.#fanOut },
      {
        finish: () => this.#finish(),
        step: (step) => this.attempt(() => this.#andFlush(step)),
        fail: (cause) => this.#fail(cause),
      },
    );
    this.#hooks = {
      ready: () => this.attempt(() => this.#turn()),
      fail: (cause) => this.#fail(cause),
    };
  }

  start(): void {
    this.#fanOut.open(this.#source.facts);
    this.#path.start();
    this.#meter.start();
    this.#arm();
  }

  /** A step of the caller's, in a callback of its own: what it throws ends the run as any other failure. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** What was dropped until now, by site. */
  totals(): TotalsNotice {
    return this.#meter.totals(this.#options.nowNs());
  }

  /** The summary as it would be now. */
  summaryNow(): SummaryNotice {
    return this.#summary(this.#options.nowNs());
  }

  /** Hands a notice to all sinks. */
  notify(notice: Notice): void {
    this.#fanOut.notify(notice);
    this.#fanOut.flush();
    if (this.#fanOut.isClosed) this.#finish();
  }

  /**
   * Stops the source: nothing is attached any more when it resolves. May be called at any time, and again.
   */
  stop(budget = new EndBudget()): Promise<void> {
    this.#stopped ??= this.#stop(budget);
    return this.#stopped;
  }

  /**
   * Stops, drains what is there, has the sinks write what they took, and totals. Never rejects because the run
   * failed: `failure` says so.
   */
  async end(budget = new EndBudget()): Promise<SummaryNotice> {
    await this.stop(budget);
    this.attempt(() => this.#drainRest(budget));
    const { nowNs } = this.#options;
    this.#reportLoss(this.#loss.upTo(this.#source.lost(), nowNs));
    await this.#fanOut.settle(budget.leftMs("settle"));
    return this.#summary(nowNs());
  }

  /**
   * After `end`: hands its summary to the sinks, with the numbers of each, and closes them. The summary once
   * more, with events that did not get out after all counted as unread.
   */
  async close(summary: SummaryNotice, budget = new EndBudget()): Promise<SummaryNotice> {
    const counts = this.#source.counts();
    this.#fanOut.notifyEach((account) => this.#ledger.summaryOf(account, counts, summary));
    await this.#fanOut.close(budget.leftMs("close"));
    return { ...this.#summary(summary.endedNs, summary), report: summary.report };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel();
    this.#stopped ??= Promise.resolve();
    const path = this.#path[Symbol.asyncDispose]();
    this.#meter[Symbol.dispose]();
    this.#source[Symbol.dispose]();
    await Promise.all([path, this.#fanOut.dispose()]);
  }

  #arm(): void {
    this.#source.arm(this.#hooks);
  }

  /** One slice, then the next one: at once while records wait, later to look again, or when there are more. */
  #turn(): void {
    if (this.#stopped !== undefined) return;
    if (this.#path.release()) this.#flush();
    const full = this.#path.isFull;
    const { records, caughtUp } = full ? { records: 0, caughtUp: true } : this.#slice();
    this.#reportLoss(this.#loss.now(this.#options.nowNs));
    if (this.#stopped !== undefined) return;
    const pauseMs = this.#pace.after(records);
    if (!caughtUp) this.#immediate = setImmediate(this.#hooks.ready);
    else if (records > 0 || full) this.#timer = setTimeout(this.#hooks.ready, pauseMs);
    else this.#arm();
  }

  #slice(): { readonly records: number; readonly caughtUp: boolean } {
    const untilMs = performance.now() + SLICE_MS;
    let records = 0;
    let caughtUp = false;
    while (!caughtUp && performance.now() < untilMs && !this.#path.isFull) {
      const part = this.#source.drain(this.#path.take, SLICE_RECORDS);
      records += part.records;
      caughtUp = part.caughtUp;
      if (part.records === 0) break;
    }
    if (records > 0) this.#flush();
    return { records, caughtUp: caughtUp || records === 0 };
  }

  /** Has what the step made leave reach its reader, also where it throws. */
  #andFlush(step: () => void): void {
    try {
      step();
    } finally {
      this.#flush();
    }
  }

  #flush(): void {
    this.#fanOut.flush();
    if (this.#fanOut.isClosed) this.#finish();
  }

  #reportLoss(event: LostNotice | undefined): void {
    if (event === undefined) return;
    this.#fanOut.notify(event);
    this.#flush();
  }

  async #stop(budget: EndBudget): Promise<void> {
    this.#cancel();
    this.#finish();
    try {
      await this.#source.stop(budget);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #drainRest(budget: EndBudget): void {
    const hasTime = lastDrain(budget.untilMs("drain"));
    try {
      for (let records = 1; records > 0 && hasTime() && !this.#fanOut.isFull; ) {
        ({ records } = this.#source.drain(this.#path.take, SLICE_RECORDS));
        this.#fanOut.flush();
      }
    } finally {
      const why = this.#whyUnread();
      const rest = this.#source.discardRest((event) => this.attempt(() => this.#path.take(event)));
      this.attempt(() => this.#path.end(budget.untilMs("owners")));
      this.#ledger.discard(rest, why);
      this.#fanOut.flush();
    }
  }

  /** Why what the ring still holds is not read any more. */
  #whyUnread(): UnreadCause {
    if (this.#path.isEnough) return "count";
    if (this.#fanOut.isClosed) return "closed";
    return this.#fanOut.isFull ? "slow" : "ended";
  }

  /** What was `measured` at the end is not measured again. */
  #summary(endedNs: bigint, measured: Measured = this.#measure()): SummaryNotice {
    const { filter } = this.#options;
    const counts = this.#source.counts();
    return this.#ledger.summary(counts, this.#fanOut.outlets, {
      startedNs: this.startedNs,
      endedNs,
      blindSpots: this.#source.facts.blindSpots,
      problems: this.#problems(),
      bySite: measured.bySite,
      byOwner: measured.byOwner,
      cost: measured.cost,
      refusedSyns: this.#refused(),
      filterRest: filter?.rest,
      ownerLate: this.#path.late,
    });
  }

  #measure(): Measured {
    return { ...this.#meter.whole(), cost: this.#meter.cost() };
  }

  /** The same one may have met several. */
  #problems(): readonly string[] {
    const { stages, lookups } = this.#options;
    const ofStages = [...stages, ...lookups].flatMap((stage) => stage.problems());
    return [...new Set([...this.#source.problems(), ...ofStages])];
  }

  /** With a filter those that it accepts; undefined where nobody watched. */
  #refused(): RefusedTotal | undefined {
    const all = this.#source.refused();
    if (all === undefined || this.#options.filter === undefined) return all;
    return { ...this.#ledger.refusedAccepted(), problem: all.problem };
  }

  /** The first failure is the one that counts. */
  #fail(cause: unknown): void {
    this.failure ??= { cause };
    void this.stop();
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#source.disarm();
  }
}
