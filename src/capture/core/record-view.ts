/** The memory that records lie in: the ring's data, or one record. */
import { CheckedView } from "../../bytes/checked-view.ts";

/** Bytes of comm and ifname. */
const NAME_BYTES = 16;

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
