/** Work in steps, done in slices: between two of them the event loop has its turn. */
import type { Steps } from "../host/steps.ts";

export interface WhenOver<T> {
  readonly done: (value: T) => void;
  /** What a step threw. */
  readonly failed: (failure: unknown) => void;
}

/**
 * Does what can be done in `sliceMs`, and goes on after each turn of the event loop. The first slice is done
 * at once.
 *
 * @returns ends it: nothing is called any more
 */
export function inSlices<T>(steps: Steps<T>, sliceMs: number, { done, failed }: WhenOver<T>): () => void {
  let immediate: NodeJS.Immediate | undefined;
  let isOver = false;
  const run = finished(steps, (value) => {
    isOver = true;
    done(value);
  });
  const slice = (): void => {
    const until = performance.now() + sliceMs;
    try {
      while (run.next().done !== true)
        if (performance.now() >= until) {
          immediate = setImmediate(slice);
          return;
        }
    } catch (failure) {
      isOver = true;
      failed(failure);
    }
  };
  slice();
  return () => {
    clearImmediate(immediate);
    if (!isOver) run.return();
    isOver = true;
  };
}

function* finished<T>(steps: Steps<T>, done: (value: T) => void): Steps<void> {
  done(yield* steps);
}
