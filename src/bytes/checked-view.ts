/**
 * Reads from bytes whose bounds the caller has checked, once for a whole record: the hot path, so without a check for each read.
 *
 * A read that leaves the bytes all the same is a RangeError: it is a mistake of ours, and never a made-up value.
 */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

export class CheckedView {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  /** Network byte order, whatever the host's is. */
  be16(offset: number): number {
    return this.#view.getUint16(offset, false);
  }

  /** Network byte order, whatever the host's is. */
  be32(offset: number): number {
    return this.#view.getUint32(offset, false);
  }
}
