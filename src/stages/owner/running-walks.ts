/** Walks that another thread reads: each has a descriptor until its last read returns. */
export class RunningWalks {
  readonly #walks = new Set<Promise<unknown>>();

  add<T>(walk: Promise<T>): Promise<T> {
    const forget = (): void => void this.#walks.delete(walk);
    this.#walks.add(walk);
    walk.then(forget, forget);
    return walk;
  }

  /** Resolves when those that run now have ended, in whatever way. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#walks);
  }
}
