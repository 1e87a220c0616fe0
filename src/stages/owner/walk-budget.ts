/**
 * What looking for holders may cost. A walk over all processes that took w ms of CPU time is followed by a
 * pause of w / share; looks at single processes may take `NARROW_TIMES` as much in a second.
 */
const NARROW_TIMES = 5;
const WINDOW_MS = 1000;
/** Looks at single processes delay the next walk by no more than this. */
const MAX_DELAY_MS = 1000;

export class WalkBudget {
  readonly #share: number;
  readonly #nowMs: () => number;
  #nextWalkMs = Number.NEGATIVE_INFINITY;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #narrowMs = 0;

  /** `share` of a core: above 0. */
  constructor(share: number, nowMs: () => number) {
    this.#share = share;
    this.#nowMs = nowMs;
  }

  /** Until the next walk over all processes may begin: 0 where it may now. */
  get untilWalkMs(): number {
    return Math.max(0, this.#nextWalkMs - this.#nowMs());
  }

  walked(cpuMs: number): void {
    this.#nextWalkMs = this.#nowMs() + cpuMs / this.#share;
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
    const now = this.#nowMs();
    const delayed = Math.max(this.#nextWalkMs, now) + ms / this.#share;
    this.#nextWalkMs = Math.max(this.#nextWalkMs, Math.min(delayed, now + MAX_DELAY_MS));
  }
}
