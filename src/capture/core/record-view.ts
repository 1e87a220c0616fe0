/** The memory that records lie in: the ring's data, or one record. It begins at a word, as the records in it do. */
import { cString } from "../../bytes/c-string.ts";
import { CheckedView } from "../../bytes/checked-view.ts";
import type { KeyLayout } from "../../model/interner.ts";

const WORD_BYTES = 4;

/** Bytes of comm and ifname. */
const NAME_BYTES = 16;

export class RecordView extends CheckedView {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.bytes = bytes;
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }

  /** A name up to its first zero. */
  name(offset: number): string {
    return cString(this.bytes.subarray(offset, offset + NAME_BYTES));
  }
}

/** Bytes of a record: their offset, and how many. */
export type KeyPart = readonly [offset: number, bytes: number];

/**
 * A key of the words that these parts lie in. Only the first are hashed: those that differ most from one key
 * to the next.
 */
export function keyLayout(
  id: number,
  hashed: readonly KeyPart[],
  others: readonly KeyPart[] = [],
): KeyLayout {
  const [first, rest] = [wordsIn(hashed), wordsIn(others)];
  return { id, words: Uint16Array.of(...first, ...rest), hashed: first.length };
}

function wordsIn(parts: readonly KeyPart[]): readonly number[] {
  const words = parts.flatMap(([offset, bytes]) => {
    const [from, to] = [Math.floor(offset / WORD_BYTES), Math.ceil((offset + bytes) / WORD_BYTES)];
    return Array.from({ length: to - from }, (_unused, index) => from + index);
  });
  return [...new Set(words)];
}
