/** Refused SYNs counted by cause. */
import type { RefusedCause, RefusedTotal } from "../model/index.ts";

export class RefusedTally {
  readonly #byCause = new Map<RefusedCause, number>();
  readonly #atMost = new Set<RefusedCause>();

  /** `atMost`: from now on the count of this cause is an upper bound, and so is the total. */
  add(cause: RefusedCause, count: number, atMost = false): void {
    this.#byCause.set(cause, this.of(cause) + count);
    if (atMost) this.#atMost.add(cause);
  }

  of(cause: RefusedCause): number {
    return this.#byCause.get(cause) ?? 0;
  }

  /** Causes that nothing was counted for are not in it. */
  get total(): RefusedTotal {
    const byCause = [...this.#byCause].filter(([, count]) => count > 0);
    return {
      count: byCause.reduce((sum, [, count]) => sum + count, 0),
      atMost: byCause.some(([cause]) => this.#atMost.has(cause)),
      byCause: Object.fromEntries(byCause),
      causesAtMost: byCause.map(([cause]) => cause).filter((cause) => this.#atMost.has(cause)),
      problem: undefined,
    };
  }
}
