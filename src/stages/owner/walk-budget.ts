/**
 * What looking for holders may cost: on average this share of a core, beside the snapshot at the start. What was
 * not used of the last ten seconds is there at once, so that rare drops need not wait; a walk over all processes
 * begins where something is left, and may overdraw it. Looks at single processes may take `NARROW_TIMES` as much
 * in a second.
 */
const SAVED_MS = 10_000;
const NARROW_TIMES = 5;
const WINDOW_MS = 1000;
/** Looks at single processes delay the next walk by no more than this. */
const MAX_DELAY_MS = 1000;

export class WalkBudget {
  readonly #share: number;
  readonly #nowMs: () => number;
  /** CPU time that is left, as it was at `#countedMs`. */
  #leftMs: number;
  #countedMs: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #narrowMs = 0;

  /** `share` of a core: above 0. */
  constructor(share: number, nowMs: () => number) {
    this.#share = share;
    this.#nowMs = nowMs;
    this.#leftMs = share * SAVED_MS;
    this.#countedMs = nowMs();
  }

  /** Until the next walk over all processes may begin: 0 where it may now. */
  get untilWalkMs(): number {
    const left = this.#left();
    return left > 0 ? 0 : -left / this.#share;
  }

  walked(cpuMs: number): void {
    this.#leftMs = this.#left() - cpuMs;
  }

  get mayNarrow(): boolean {
    const now = this.#nowMs();
    if (now - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = now;
      this.#narrowMs = 0;
    }
    return this.#narrowMs < NARROW_TIMES * this.#share * WINDOW_MS;
  }

  narrowed(ms: number): void {
    this.#narrowMs += ms;
    const left = this.#left();
    this.#leftMs = Math.max(left - ms, Math.min(left, -this.#share * MAX_DELAY_MS));
  }

  #left(): number {
    const now = this.#nowMs();
    this.#leftMs = Math.min(this.#share * SAVED_MS, this.#leftMs + this.#share * (now - this.#countedMs));
    this.#countedMs = now;
    return this.#leftMs;
  }
}
