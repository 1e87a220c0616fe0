/**
 * Bounds-checked reads from untrusted bytes.
 *
 * A read out of bounds throws a DecodeError; it never returns an invented value.
 */
import { DecodeError } from "../errors.ts";
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

/**
 * Bytes from outside, read at offsets.
 *
 * @example
 * ```ts
 * import { ByteReader, DecodeError } from "tcpdrop/ebpf";
 *
 * const reader = new ByteReader(Uint8Array.of(1, 187, 255), "my record");
 * console.log(reader.be16(0));
 * try {
 *   reader.u32(0);
 * } catch (failure) {
 *   if (failure instanceof DecodeError) console.log(failure.message);
 * }
 * // prints: 443
 * // prints: Cannot decode my record at byte 0: 4 bytes needed, 3 left
 * ```
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly littleEndian: boolean;
  readonly #view: DataView;
  readonly #what: string;

  /** `what` names the bytes in error messages. */
  constructor(bytes: Uint8Array, what: string, littleEndian: boolean = HOST_LITTLE_ENDIAN) {
    this.bytes = bytes;
    this.length = bytes.byteLength;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  u8(offset: number): number {
    this.need(offset, 1);
    return this.#view.getUint8(offset);
  }

  u16(offset: number): number {
    this.need(offset, 2);
    return this.#view.getUint16(offset, this.littleEndian);
  }

  /** Network byte order, on any host. */
  be16(offset: number): number {
    this.need(offset, 2);
    return this.#view.getUint16(offset, false);
  }

  u32(offset: number): number {
    this.need(offset, 4);
    return this.#view.getUint32(offset, this.littleEndian);
  }

  /** Network byte order, on any host. */
  be32(offset: number): number {
    this.need(offset, 4);
    return this.#view.getUint32(offset, false);
  }

  i32(offset: number): number {
    this.need(offset, 4);
    return this.#view.getInt32(offset, this.littleEndian);
  }

  u64(offset: number): bigint {
    this.need(offset, 8);
    return this.#view.getBigUint64(offset, this.littleEndian);
  }

  /** A u64 as a number: exact below 2^53, which counters and positions do not reach. */
  u64AsNumber(offset: number): number {
    this.need(offset, 8);
    const low = this.#view.getUint32(this.littleEndian ? offset : offset + 4, this.littleEndian);
    const high = this.#view.getUint32(this.littleEndian ? offset + 4 : offset, this.littleEndian);
    return high * 0x1_0000_0000 + low;
  }

  /** A view, not a copy. */
  slice(offset: number, length: number): Uint8Array {
    this.need(offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  /** Throws unless there are `length` bytes at `offset`. */
  need(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.length)) {
      throw new DecodeError(
        this.#what,
        offset,
        `${length} bytes needed, ${Math.max(0, this.length - offset)} left`,
      );
    }
  }
}
