/** Distinct values, as many as a budget allows: beyond that the count is a lower bound. */

/** Shared by all sets of a run: a value takes some 100 bytes. */
export interface DistinctBudget {
  left: number;
}

export class Distinct {
  readonly #values = new Set<string>();
  readonly #budget: DistinctBudget;
  #isCut = false;

  constructor(budget: DistinctBudget) {
    this.#budget = budget;
  }

  add(value: string): void {
    if (this.#values.has(value)) return;
    if (this.#budget.left <= 0) {
      this.#isCut = true;
      return;
    }
    this.#budget.left -= 1;
    this.#values.add(value);
  }

  get size(): number {
    return this.#values.size;
  }

  /** True: there were more. */
  get isCut(): boolean {
    return this.#isCut;
  }

  values(): Iterable<string> {
    return this.#values;
  }
}
