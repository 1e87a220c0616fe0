/**
 * A map of bounded size that keeps what was used last: two generations, of which the older one is dropped when
 * the younger one is full.
 *
 * A single Map whose entries are deleted and set again at each use becomes slow: V8 leaves deleted ones in
 * their bucket until it rehashes, and looks through them.
 */
export class RecentMap<K, V extends string | object | null> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** At most `max` entries are kept, and at least the half of them that was used last. */
  constructor(max: number) {
    this.#half = max / 2;
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size <= this.#half) return;
    this.#young.delete(key);
    this.#old = this.#young;
    this.#young = new Map([[key, value]]);
  }
}
