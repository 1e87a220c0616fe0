/** Refused SYNs counted by cause. */
import type { RefusedCause, RefusedTotal } from "../model/index.ts";

export class RefusedTally {
  readonly #byCause = new Map<RefusedCause, number>();
  #atMost = false;

  add(cause: RefusedCause, count: number): void {
    this.#byCause.set(cause, this.of(cause) + count);
  }

  /** From now on the total is an upper bound. */
  boundAbove(): void {
    this.#atMost = true;
  }

  of(cause: RefusedCause): number {
    return this.#byCause.get(cause) ?? 0;
  }

  /** Causes that nothing was counted for are not in it. */
  get total(): RefusedTotal {
    const byCause = [...this.#byCause].filter(([, count]) => count > 0);
    return {
      count: byCause.reduce((sum, [, count]) => sum + count, 0),
      atMost: this.#atMost,
      byCause: Object.fromEntries(byCause),
    };
  }
}
