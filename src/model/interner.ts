/**
 * One object for all that have the same key: a run of 32-bit words, found without making a string or a bigint.
 *
 * Bounded: each key has two slots that its hash gives, and what was used last stays. So a flood of values that
 * come once costs no more than making them, and what it displaces is made once more.
 */

const WAYS = 2;

export interface InternerSize {
  /** Words of a key, at most. */
  readonly words: number;
  /** Pairs of slots; a power of two. */
  readonly sets: number;
}

export class Interner<V> {
  /** The key that is looked for: fill it, then call `get`. */
  readonly key: Uint32Array;
  readonly #width: number;
  readonly #mask: number;
  /** By slot: the words of its key, how many they are, and what was made. */
  readonly #keys: Uint32Array;
  readonly #lengths: Uint16Array;
  readonly #values: (V | undefined)[];
  /** By pair: which of the two was used last. */
  readonly #latest: Uint8Array;

  constructor({ words, sets }: InternerSize) {
    this.key = new Uint32Array(words);
    this.#width = words;
    this.#mask = sets - 1;
    this.#keys = new Uint32Array(WAYS * sets * words);
    this.#lengths = new Uint16Array(WAYS * sets);
    this.#values = new Array<V | undefined>(WAYS * sets).fill(undefined);
    this.#latest = new Uint8Array(sets);
  }

  /** The object for the first `length` words of `key`; where there is none, `make` makes it, given `from`. */
  get(length: number, make: (from: number) => V, from: number): V {
    const set = hash(this.key, length) & this.#mask;
    const latest = this.#latest[set] ?? 0;
    const first = WAYS * set + latest;
    const known = this.#at(first, length);
    if (known !== undefined) return known;
    const other = WAYS * set + 1 - latest;
    this.#latest[set] = 1 - latest;
    const before = this.#at(other, length);
    if (before !== undefined) return before;
    return this.#put(other, length, make(from));
  }

  #at(slot: number, length: number): V | undefined {
    const value = this.#values[slot];
    if (value === undefined || this.#lengths[slot] !== length) return undefined;
    const { key } = this;
    const keys = this.#keys;
    for (let index = 0, at = slot * this.#width; index < length; index += 1, at += 1)
      if (keys[at] !== key[index]) return undefined;
    return value;
  }

  #put(slot: number, length: number, value: V): V {
    const { key } = this;
    const keys = this.#keys;
    for (let index = 0, at = slot * this.#width; index < length; index += 1, at += 1)
      keys[at] = key[index] ?? 0;
    this.#lengths[slot] = length;
    this.#values[slot] = value;
    return value;
  }

  /** Forgets everything: what is looked for next is made anew. */
  clear(): void {
    this.#values.fill(undefined);
  }
}

/** Addresses of one network, and of one function, differ in few bits: all of them reach the low ones. */
function hash(key: Uint32Array, length: number): number {
  let mixed = length;
  for (let index = 0; index < length; index += 1) mixed = Math.imul(mixed ^ (key[index] ?? 0), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15) ^ (mixed >>> 24);
}
