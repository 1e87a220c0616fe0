/** Counts by second of the clock: the last few, and the most that there was in one. */
const KEPT_SECONDS = 16;

export class SecondCounts {
  #peak = 0;
  #recent: [second: number, count: number][] = [];
  /** The last of them. */
  #newest: [second: number, count: number] | undefined;

  /** Events come nearly in the order of their times: what is older than what is kept adds to the oldest. */
  add(second: number, count: number): void {
    const newest = this.#newest;
    const slot = newest?.[0] === second ? newest : this.#slotOf(second);
    slot[1] += count;
    if (slot[1] > this.#peak) this.#peak = slot[1];
  }

  #slotOf(second: number): [number, number] {
    // The clock was set back: those seconds come again.
    if (second < (this.#recent.at(-1)?.[0] ?? second) - KEPT_SECONDS) this.#recent = [];
    const newest = this.#recent.at(-1);
    return newest === undefined || second > newest[0]
      ? this.#begin(second)
      : (this.#recent.find(([at]) => at >= second) ?? newest);
  }

  /** Those of another one, as far as it has kept them; its peak is one of both where no second of both is higher. */
  absorb(other: SecondCounts): void {
    const sums = new Map(this.#recent);
    for (const [second, count] of other.#recent) sums.set(second, (sums.get(second) ?? 0) + count);
    const recent = [...sums].sort(([one], [two]) => one - two).slice(-KEPT_SECONDS);
    this.#recent = recent;
    this.#newest = recent.at(-1);
    this.#peak = Math.max(this.#peak, other.#peak, ...recent.map(([, count]) => count));
  }

  /** Of the clock; undefined before the first event. */
  get newestSecond(): number | undefined {
    return this.#newest?.[0];
  }

  get peak(): number {
    return this.#peak;
  }

  /** The newest last; seconds without any are left out. */
  get recent(): readonly (readonly [second: number, count: number])[] {
    return this.#recent;
  }

  #begin(second: number): [number, number] {
    if (this.#recent.length === KEPT_SECONDS) this.#recent.shift();
    const slot: [number, number] = [second, 0];
    this.#recent.push(slot);
    this.#newest = slot;
    return slot;
  }
}
