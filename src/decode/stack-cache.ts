/**
 * What was made of a stack, kept by the stack's own words. The key is a hash, found without making a string
 * or a bigint; the words are compared before an answer is given.
 *
 * Two generations bound it: when the young one is full it becomes the old one, and what is used again moves
 * back. What nobody asks for is gone after two turns.
 */

interface Entry<V> {
  readonly words: Uint32Array;
  readonly value: V;
}

export class StackCache<V> {
  readonly #capacity: number;
  #young = new Map<number, Entry<V>>();
  #old = new Map<number, Entry<V>>();

  /** Holds twice `capacity` values at most. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The value kept for the first `length` of these words, made by `make` where there is none. */
  get(words: Uint32Array, length: number, make: () => V): V {
    const hash = hashWords(words, length);
    const young = this.#young.get(hash);
    if (young !== undefined && sameWords(young.words, words, length)) return young.value;
    const old = this.#old.get(hash);
    const entry =
      old !== undefined && sameWords(old.words, words, length)
        ? old
        : { words: words.slice(0, length), value: make() };
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    // Of two stacks with one hash the later one stays: the other is made again.
    this.#young.set(hash, entry);
    return entry.value;
  }
}

/**
 * FNV-1a over words instead of bytes. Addresses differ in their low bits, so the high ones are folded in at
 * the end.
 */
function hashWords(words: Uint32Array, length: number): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (words[at] ?? 0), 0x0100_0193);
  return (hash ^ (hash >>> 15)) | 0;
}

function sameWords(kept: Uint32Array, words: Uint32Array, length: number): boolean {
  if (kept.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (kept[at] !== words[at]) return false;
  return true;
}
