/** Does work in steps beside the event loop: a slice at a time, so that signals and timers get their turn. */
import type { Steps } from "./steps.ts";

const SLICE_MS = 10;

export class StepRunner {
  readonly #steps: Steps<void>;
  #next: NodeJS.Immediate | undefined;
  /** What a step threw; the work ended there. */
  failure: { readonly cause: unknown } | undefined;

  constructor(steps: Steps<void>) {
    this.#steps = steps;
    this.#later();
  }

  /** No further step is done. */
  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  #later(): void {
    this.#next = setImmediate(() => this.#slice());
    this.#next.unref();
  }

  #slice(): void {
    const untilMs = performance.now() + SLICE_MS;
    try {
      do if (this.#steps.next().done === true) return;
      while (performance.now() < untilMs);
    } catch (cause) {
      this.failure = { cause };
      return;
    }
    this.#later();
  }
}
