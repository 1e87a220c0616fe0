/**
 * Reads for the hot path, without an error of our own for each: the caller checks the length of a whole record
 * once. A read out of bounds is a RangeError, a bug of ours; it never returns an invented value.
 */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

const WORD_BYTES = 4;
/** Which half of a u64 comes first in memory: the lowest bit of the word's index. */
const HIGH_FIRST = HOST_LITTLE_ENDIAN ? 0 : 1;

export class CheckedView {
  readonly length: number;
  readonly #view: DataView;
  /** Undefined if the bytes are not aligned to words. */
  readonly #words: Uint32Array | undefined;

  constructor(bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes;
    this.length = byteLength;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    if (byteOffset % WORD_BYTES === 0)
      this.#words = new Uint32Array(buffer, byteOffset, Math.floor(byteLength / WORD_BYTES));
  }

  u8(offset: number): number {
    return this.#view.getUint8(offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(offset, HOST_LITTLE_ENDIAN);
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, HOST_LITTLE_ENDIAN);
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, HOST_LITTLE_ENDIAN);
  }

  /** The low half of a u64. */
  low(offset: number): number {
    return this.#view.getUint32(HOST_LITTLE_ENDIAN ? offset : offset + 4, HOST_LITTLE_ENDIAN);
  }

  /** Its high half. */
  high(offset: number): number {
    return this.#view.getUint32(HOST_LITTLE_ENDIAN ? offset + 4 : offset, HOST_LITTLE_ENDIAN);
  }

  /** `count` u64s, each as its low and its high half. */
  halves(offset: number, count: number, into: Uint32Array): void {
    const words = this.#words;
    const start = offset / WORD_BYTES;
    if (words === undefined || !Number.isInteger(start)) {
      for (let index = 0, at = offset; index < 2 * count; index += 2, at += 8) {
        into[index] = this.low(at);
        into[index + 1] = this.high(at);
      }
      return;
    }
    if (start < 0 || start + 2 * count > words.length)
      throw new RangeError(`${8 * count} bytes at ${offset} are not all there`);
    for (let index = 0; index < 2 * count; index += 1) into[index ^ HIGH_FIRST] = words[start + index] ?? 0;
  }

  /** Network byte order, on any host. */
  be16(offset: number): number {
    return this.#view.getUint16(offset, false);
  }

  /** Network byte order, on any host. */
  be32(offset: number): number {
    return this.#view.getUint32(offset, false);
  }
}
