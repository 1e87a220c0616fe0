/**
 * The way of an event through a run: stages, filter, limits, hold, sinks. It ends in exactly one account.
 *
 * Where the filter asks for owners it is evaluated twice: before the hold, where it accepts what may be meant,
 * and after it; and what is limited is limited after it.
 */
import { type DropEvent, type Event, isHarmless } from "../model/index.ts";
import type { Source } from "../source/source.ts";
import type { FanOut } from "./fan-out.ts";
import { Hold } from "./hold.ts";
import type { Ledger } from "./ledger.ts";
import { RateLimit } from "./rate-limit.ts";
import type { RunOptions } from "./run-options.ts";

export interface PathEnds {
  readonly source: Source;
  readonly ledger: Ledger;
  readonly fanOut: FanOut;
}

export interface PathHooks {
  /** The last event that was asked for was shown. */
  readonly finish: () => void;
  /** Runs a step in which events may have left the hold. */
  readonly step: (step: () => void) => void;
  readonly fail: (failure: unknown) => void;
}

export class EventPath implements AsyncDisposable {
  readonly #options: RunOptions;
  readonly #ends: PathEnds;
  readonly #hooks: PathHooks;
  readonly #limit: RateLimit;
  readonly #hold: Hold;
  /** The filter needs the answers of lookups. */
  readonly #asksOwner: boolean;

  constructor(options: RunOptions, ends: PathEnds, hooks: PathHooks) {
    this.#options = options;
    this.#ends = ends;
    this.#hooks = hooks;
    this.#limit = new RateLimit(options.limits);
    this.#asksOwner = options.filter?.asksOwner === true;
    this.#hold = new Hold(
      { lookups: options.lookups, waitMs: options.ownerWaitMs },
      {
        leave: this.#leave,
        abandon: (event) => ends.ledger.leaveUnread(event, "ended"),
        hasRoom: () => !ends.fanOut.isFull,
        step: hooks.step,
        fail: hooks.fail,
      },
    );
  }

  start(): void {
    this.#hold.start();
  }

  readonly take = (event: Event): void => {
    const { ledger } = this.#ends;
    const { isEnough } = this;
    if (!this.#passes(event, isEnough)) return ledger.filter(event);
    if (isEnough) {
      this.#observe(event);
      return ledger.leaveUnread(event, "count");
    }
    if (this.#options.hidesHarmless && event.kind === "drop" && isHarmless(event.class))
      return this.#hide(event);
    if (!this.#asksOwner && !this.#limit.passes(event)) {
      this.#observe(event);
      return ledger.limit(event);
    }
    this.#hold.take(event);
  };

  /** As many were shown as were asked for. */
  get isEnough(): boolean {
    const { count } = this.#options;
    return count !== undefined && this.#ends.fanOut.primary.account.events >= count;
  }

  /** Nothing may be drained now: the sinks have no room, or those that wait may be enough. */
  get isFull(): boolean {
    const { fanOut } = this.#ends;
    const { count } = this.#options;
    if (fanOut.isFull || this.#hold.isFull) return true;
    const waiting = this.#hold.size;
    return count !== undefined && waiting > 0 && fanOut.primary.account.events + waiting >= count;
  }

  /** Events that left the hold before their owner was known; undefined where nobody looks for owners. */
  get late(): number | undefined {
    return this.#options.lookups.length === 0 ? undefined : this.#hold.late;
  }

  /** Has those leave the hold that need not wait any longer. False where none waited. */
  release(): boolean {
    if (this.#hold.size === 0) return false;
    this.#hold.release();
    return true;
  }

  /** After the last event: has all leave the hold; owners are looked for until then, of performance.now(). */
  end(untilMs: number): void {
    this.#hold.end(untilMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#hold[Symbol.asyncDispose]();
  }

  /** What stage or filter throw leaves the event unread; and what observers throw below. */
  #passes(event: Event, isEnough: boolean): boolean {
    const { stages, filter } = this.#options;
    try {
      if (!isEnough) for (const stage of stages) stage.apply(event);
      return filter === undefined || filter.accepts(event);
    } catch (failure) {
      this.#ends.ledger.leaveUnread(event, "ended");
      throw failure;
    }
  }

  #observe(event: Event): void {
    const { ledger } = this.#ends;
    try {
      for (const observer of this.#options.observers) observer.observe(event);
    } catch (failure) {
      ledger.leaveUnread(event, "ended");
      throw failure;
    }
    ledger.accept(event);
  }

  #hide(event: DropEvent): void {
    this.#observe(event);
    this.#ends.ledger.hide(event);
    this.#ends.source.learnHarmless(event);
  }

  readonly #leave = (event: Event): void => {
    const { ledger, fanOut, source } = this.#ends;
    if (this.#asksOwner) {
      if (event.kind === "drop") source.learnOwner(event);
      if (!this.#passesNow(event)) return ledger.filter(event);
    }
    this.#observe(event);
    if (this.isEnough) return ledger.leaveUnread(event, "count");
    if (this.#asksOwner && !this.#limit.passes(event)) return ledger.limit(event);
    fanOut.offer(event);
    if (this.isEnough) this.#hooks.finish();
  };

  /** With what the lookups found; stages have seen it. */
  #passesNow(event: Event): boolean {
    return this.#passes(event, true);
  }
}
