/** Where each field is in a record of a drop, and the memory that records lie in. */
import { CheckedView } from "../bytes/checked-view.ts";
import { dropRecord } from "../capture/core/record.ts";

/** Offsets by name: looked up once, for this is the hot path. */
export const AT = offsetsOf(dropRecord.fields);

/** Bytes of comm and ifname. */
const NAME_BYTES = 16;

/** The ring's data, or one record. */
export class RecordView extends CheckedView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.bytes = bytes;
  }

  /** Copies `count` words to `into`, from `to` on. */
  words(offset: number, count: number, into: Uint32Array, to: number): void {
    for (let index = 0; index < count; index += 1) into[to + index] = this.u32(offset + 4 * index);
  }

  /** A name up to its first zero. */
  name(offset: number): string {
    const { bytes } = this;
    const end = bytes.subarray(offset, offset + NAME_BYTES).indexOf(0);
    return Buffer.from(bytes.subarray(offset, offset + (end < 0 ? NAME_BYTES : end))).toString("utf8");
  }
}

function offsetsOf<K extends string>(
  fields: Readonly<Record<K, { readonly offset: number }>>,
): Readonly<Record<K, number>> {
  const entries = Object.entries(fields) as [K, { readonly offset: number }][];
  return Object.fromEntries(entries.map(([name, { offset }]) => [name, offset])) as Record<K, number>;
}
