/** Does work in steps beside the event loop: a slice at a time, so that signals and timers get their turn. */
import type { Steps } from "./steps.ts";

const SLICE_MS = 10;

export class StepRunner {
  readonly #steps: Steps<void>;
  readonly #attempt: (slice: () => void) => void;
  #next: NodeJS.Immediate | undefined;

  /** `attempt` calls each slice, and deals with what it throws; no further step is done then. */
  constructor(steps: Steps<void>, attempt: (slice: () => void) => void) {
    this.#steps = steps;
    this.#attempt = attempt;
    this.#later();
  }

  /** Does a slice now, where what comes next should find it done. */
  runSlice(): void {
    this.#attempt(() => {
      if (this.#slice()) this.stop();
    });
  }

  /** No further step is done. */
  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  /** It keeps the process alive: without that, an idle event loop would sleep, and not come to it. */
  #later(): void {
    this.#next = setImmediate(() => {
      let isDone = true;
      this.#attempt(() => {
        isDone = this.#slice();
      });
      if (!isDone && this.#next !== undefined) this.#later();
    });
  }

  /** True where nothing is left. */
  #slice(): boolean {
    const untilMs = performance.now() + SLICE_MS;
    do if (this.#steps.next().done === true) return true;
    while (performance.now() < untilMs);
    return false;
  }
}
