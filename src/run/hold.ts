/**
 * Where events wait for what lookups find out: a queue between the limits and the sinks. Their order stays as
 * it was. An event passes at once where nothing waits and its lookups are done; else it leaves when it is the
 * first and has its answers, or its time is up, or the queue is longer than its bound.
 */
import type { Event } from "../model/index.ts";
import type { Lookup, Pending } from "../stages/lookup.ts";

/** Beyond, the first one leaves as it is. */
const MOST_WAITING = 4096;
/** Until the next try where the sinks had no room. */
const RETRY_MS = 10;

export interface HoldOptions {
  readonly lookups: readonly Lookup[];
  /** An event waits so long at most; 0: not at all. */
  readonly waitMs: number;
}

export interface HoldHooks {
  /** The event goes on, with what its lookups found. */
  readonly leave: (event: Event) => void;
  /** A lookup failed at it, and what it threw is thrown on. */
  readonly abandon: (event: Event) => void;
  readonly hasRoom: () => boolean;
  /** Runs a step of a callback of the hold's own, in which events may leave. */
  readonly step: (step: () => void) => void;
  /** A lookup cannot go on. */
  readonly fail: (failure: unknown) => void;
}

interface Waiting {
  readonly event: Event;
  /** What it waits for; those that are settled stay in it. */
  readonly pending: readonly Pending[];
  readonly untilMs: number;
}

const NOTHING: readonly Pending[] = [];

export class Hold implements AsyncDisposable {
  readonly #options: HoldOptions;
  readonly #hooks: HoldHooks;
  #queue: Waiting[] = [];
  /** Those before it have left. */
  #first = 0;
  #timer: NodeJS.Timeout | undefined;
  #late = 0;

  constructor(options: HoldOptions, hooks: HoldHooks) {
    this.#options = options;
    this.#hooks = hooks;
  }

  start(): void {
    const settled = (): void => {
      if (this.size > 0) this.#hooks.step(() => this.release());
    };
    for (const lookup of this.#options.lookups) lookup.start({ settled, fail: this.#hooks.fail });
  }

  /** Events that wait. */
  get size(): number {
    return this.#queue.length - this.#first;
  }

  /** The sinks have no room, and nothing leaves. */
  get isFull(): boolean {
    return this.size > MOST_WAITING;
  }

  /** Events that left before their owner was known. */
  get late(): number {
    return this.#late;
  }

  /** Asks the lookups for the event, and has it leave or wait. */
  take(event: Event): void {
    const pending = this.#ask(event);
    const { waitMs } = this.#options;
    if (this.size === 0 && (waitMs === 0 || pending.every(({ isSettled }) => isSettled)))
      return this.#leave(event, pending);
    this.#queue.push({ event, pending, untilMs: performance.now() + waitMs });
    if (this.size > MOST_WAITING) this.release();
    else this.#startTimer();
  }

  /** Has those leave that need not wait any longer. */
  release(): void {
    try {
      for (let first = this.#next(); first !== undefined; first = this.#next()) {
        this.#shift();
        this.#leave(first.event, first.pending);
      }
    } finally {
      this.#startTimer();
    }
  }

  /**
   * A last try for those that wait, until then (performance.now()); then all leave, also where the sinks have no
   * room.
   */
  end(untilMs: number): void {
    this.#stopTimer();
    let failure: { readonly cause: unknown } | undefined;
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (cause) {
        failure ??= { cause };
      }
    };
    if (this.size > 0)
      for (const lookup of this.#options.lookups)
        attempt(() => lookup.settleNow(Math.max(0, untilMs - performance.now())));
    for (let first = this.#queue[this.#first]; first !== undefined; first = this.#queue[this.#first]) {
      const { event, pending } = first;
      this.#shift();
      attempt(() => this.#leave(event, pending));
    }
    if (failure !== undefined) throw failure.cause;
  }

  /** What still waits goes nowhere. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTimer();
    this.#queue = [];
    this.#first = 0;
    await Promise.all(this.#options.lookups.map((lookup) => lookup[Symbol.asyncDispose]()));
  }

  #ask(event: Event): readonly Pending[] {
    let all = NOTHING;
    try {
      for (const lookup of this.#options.lookups) {
        const pending = lookup.apply(event);
        if (pending !== undefined) all = [...all, pending];
      }
    } catch (failure) {
      this.#hooks.abandon(event);
      throw failure;
    }
    return all;
  }

  /** The first one, where it can leave now. */
  #next(): Waiting | undefined {
    const first = this.#queue[this.#first];
    if (first === undefined || !this.#hooks.hasRoom()) return undefined;
    const isDue =
      this.size > MOST_WAITING ||
      first.pending.every(({ isSettled }) => isSettled) ||
      performance.now() >= first.untilMs;
    return isDue ? first : undefined;
  }

  #shift(): void {
    this.#first += 1;
    // What has left is not kept, and the rest is not moved each time.
    if (this.#first < MOST_WAITING && this.#first < this.#queue.length) return;
    this.#queue.splice(0, this.#first);
    this.#first = 0;
    if (this.#queue.length === 0) this.#stopTimer();
  }

  #leave(event: Event, pending: readonly Pending[]): void {
    if (pending.length > 0) this.#fill(event, pending);
    this.#hooks.leave(event);
  }

  #fill(event: Event, pending: readonly Pending[]): void {
    try {
      if (pending.some(({ isAnswered }) => !isAnswered)) this.#late += 1;
      for (const one of pending) one.fill(event);
    } catch (failure) {
      this.#hooks.abandon(event);
      throw failure;
    }
  }

  /** For the first one; none while nothing waits. */
  #startTimer(): void {
    const first = this.#queue[this.#first];
    if (first === undefined || this.#timer !== undefined) return;
    const leftMs = Math.ceil(first.untilMs - performance.now());
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#hooks.step(() => this.release());
      },
      leftMs > 0 ? leftMs : RETRY_MS,
    );
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
