/** Where each field is in a record of a drop, and the memory that records lie in. */
import { CheckedView } from "../bytes/checked-view.ts";
import type { KeyLayout } from "../model/interner.ts";
import { dropRecord } from "../probe/record.ts";

const WORD_BYTES = 4;

/** Offsets by name: looked up once, for this is the hot path. */
export const AT = offsetsOf(dropRecord.fields);

/** Bytes of comm and ifname. */
const NAME_BYTES = 16;

/** The ring's data. It begins at a word, and so do the records in it. */
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
    const { bytes } = this;
    const end = bytes.subarray(offset, offset + NAME_BYTES).indexOf(0);
    return Buffer.from(bytes.subarray(offset, offset + (end < 0 ? NAME_BYTES : end))).toString("utf8");
  }
}

/** Bytes of a record: from where on, and how many. */
export type Part = readonly [offset: number, bytes: number];

/**
 * A key of the words that these parts lie in. The first make its hash: such as differ from one key to the
 * next.
 */
export function keyLayout(id: number, hashed: readonly Part[], others: readonly Part[] = []): KeyLayout {
  const [first, rest] = [wordsIn(hashed), wordsIn(others)];
  return { id, words: Uint16Array.of(...first, ...rest), hashed: first.length };
}

function wordsIn(parts: readonly Part[]): readonly number[] {
  const words = parts.flatMap(([offset, bytes]) => {
    const [from, to] = [Math.floor(offset / WORD_BYTES), Math.ceil((offset + bytes) / WORD_BYTES)];
    return Array.from({ length: to - from }, (_unused, index) => from + index);
  });
  return [...new Set(words)];
}

/** The bytes of a field. */
export function part(name: keyof typeof dropRecord.fields): Part {
  const { offset, size } = dropRecord.fields[name];
  return [offset, size];
}

function offsetsOf<K extends string>(
  fields: Readonly<Record<K, { readonly offset: number }>>,
): Readonly<Record<K, number>> {
  const entries = Object.entries(fields) as [K, { readonly offset: number }][];
  return Object.fromEntries(entries.map(([name, { offset }]) => [name, offset])) as Record<K, number>;
}
