/**
 * A clock for each event: reading the real one costs more than all else that a known owner takes. No timer runs
 * while nobody asks.
 */
const TICK_MS = 50;

export class CoarseClock {
  readonly #preciseMs: () => number;
  #nowMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(preciseMs: () => number) {
    this.#preciseMs = preciseMs;
  }

  /** Up to 50 ms old, or as old as this turn of the event loop. */
  nowMs(): number {
    if (this.#timer === undefined) {
      this.#nowMs = this.#preciseMs();
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
      }, TICK_MS).unref();
    }
    return this.#nowMs;
  }
}
