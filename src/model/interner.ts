/**
 * One object for all that have the same key, found in place: the key's words are read where they lie in a
 * record, and neither copied nor made into anything.
 *
 * Bounded: each key has two slots that its hash gives, and what was used last stays. So a flood of values
 * that come once costs no more than making them, and what it displaces is made once more.
 */

import { recurs } from "./shared.ts";

const WAYS = 2;

export interface InternerSize {
  /** Of a key, at most. */
  readonly words: number;
  /** Pairs of slots; a power of two. */
  readonly sets: number;
}

/** Which words of a record a key is made of. */
export interface KeyLayout {
  /** Distinguishes it from other layouts that the same interner is asked with. */
  readonly id: number;
  /** Offsets of the words, from the beginning of the record. */
  readonly words: Uint16Array;
  /** How many of them, from the first, make the hash. */
  readonly hashed: number;
}

export class Interner<V extends object> {
  readonly #data: Uint32Array;
  readonly #make: (at: number) => V;
  readonly #width: number;
  readonly #mask: number;
  /** By slot: a hash of its key, which nearly always decides without a look at the key. */
  readonly #hashes: Int32Array;
  /** By slot: layout, tag and words of its key, and what was made. */
  readonly #keys: Uint32Array;
  readonly #values: (V | undefined)[];
  /** By slot: not 0 where the object came again. */
  readonly #recurred: Uint8Array;
  readonly #onRecurrence: (value: V) => void;
  /** By pair: which of the two was used last. */
  readonly #latest: Uint8Array;

  /**
   * @param data the memory of the records, in words
   * @param make makes the object for the key at a word of the memory
   * @param onRecurrence is called with an object when it comes for the second time
   */
  constructor(
    data: Uint32Array,
    { words, sets }: InternerSize,
    make: (at: number) => V,
    onRecurrence: (value: V) => void = recurs,
  ) {
    this.#data = data;
    this.#make = make;
    this.#width = 2 + words;
    this.#mask = sets - 1;
    this.#hashes = new Int32Array(WAYS * sets);
    this.#keys = new Uint32Array(WAYS * sets * this.#width);
    this.#values = new Array<V | undefined>(WAYS * sets).fill(undefined);
    this.#recurred = new Uint8Array(WAYS * sets);
    this.#onRecurrence = onRecurrence;
    this.#latest = new Uint8Array(sets);
  }

  /** The object for `tag` and the words of the record that begins at word `at`. */
  get(at: number, layout: KeyLayout, tag: number): V {
    const hash = this.#hash(at, layout, tag);
    const set = hash & this.#mask;
    const latest = this.#latest[set] ?? 0;
    const first = WAYS * set + latest;
    if (this.#hashes[first] === hash && this.#is(first, at, layout, tag)) return this.#known(first);
    const other = WAYS * set + 1 - latest;
    this.#latest[set] = 1 - latest;
    if (this.#hashes[other] === hash && this.#is(other, at, layout, tag)) return this.#known(other);
    return this.#put(other, hash, at, layout, tag);
  }

  #hash(at: number, { id, words, hashed }: KeyLayout, tag: number): number {
    const data = this.#data;
    let hash = Math.imul(tag ^ (id << 16), 0x9e37_79b1);
    for (let index = 0; index < hashed; index += 1)
      hash = Math.imul(hash ^ (data[at + (words[index] ?? 0)] ?? 0), 0x9e37_79b1);
    return hash ^ (hash >>> 15) ^ (hash >>> 24);
  }

  #is(slot: number, at: number, { id, words }: KeyLayout, tag: number): boolean {
    const data = this.#data;
    const keys = this.#keys;
    const key = slot * this.#width;
    if (keys[key] !== id || keys[key + 1] !== tag) return false;
    for (let index = 0; index < words.length; index += 1)
      if (keys[key + 2 + index] !== data[at + (words[index] ?? 0)]) return false;
    return this.#values[slot] !== undefined;
  }

  #known(slot: number): V {
    // `#is` saw that there is one.
    const value = this.#values[slot] as V;
    if (this.#recurred[slot] === 0) {
      this.#recurred[slot] = 1;
      this.#onRecurrence(value);
    }
    return value;
  }

  #put(slot: number, hash: number, at: number, { id, words }: KeyLayout, tag: number): V {
    // What cannot be made leaves the slot as it was.
    const value = this.#make(at);
    const keys = this.#keys;
    const key = slot * this.#width;
    keys[key] = id;
    keys[key + 1] = tag;
    for (let index = 0; index < words.length; index += 1)
      keys[key + 2 + index] = this.#data[at + (words[index] ?? 0)] ?? 0;
    this.#hashes[slot] = hash;
    this.#values[slot] = value;
    this.#recurred[slot] = 0;
    return value;
  }

  /** Forgets everything: what is looked for next is made anew. */
  clear(): void {
    this.#values.fill(undefined);
  }
}
