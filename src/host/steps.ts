/** Work in steps: at each `yield` it may stop for a while. */

export type Steps<T> = Generator<undefined, T, undefined>;

/** Does what is left at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
