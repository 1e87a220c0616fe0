/** Bytes as 32-bit words in the host's order, as a view if possible, else a copy; and words as bytes. */
import { DecodeError } from "../errors.ts";
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

/** `what` names the bytes in error messages. A `lengthBytes` that is not a multiple of 4 is a DecodeError. */
export function u32Words(
  bytes: Uint8Array,
  offset: number,
  lengthBytes: number,
  littleEndian: boolean,
  what: string,
): Uint32Array {
  if (offset < 0 || lengthBytes < 0 || offset + lengthBytes > bytes.byteLength) {
    throw new DecodeError(
      what,
      offset,
      `${lengthBytes} bytes needed, ${Math.max(0, bytes.byteLength - offset)} left`,
    );
  }
  if (lengthBytes % 4 !== 0)
    throw new DecodeError(what, offset, `${lengthBytes} bytes are not a whole number of 32-bit words`);
  const sameOrder = littleEndian === HOST_LITTLE_ENDIAN;
  const start = bytes.byteOffset + offset;
  if (sameOrder && start % 4 === 0) return new Uint32Array(bytes.buffer, start, lengthBytes / 4);
  const words = new Uint32Array(lengthBytes / 4);
  // Not `slice`: for a Buffer it is a view, not a copy.
  new Uint8Array(words.buffer).set(bytes.subarray(offset, offset + lengthBytes));
  if (!sameOrder) swapWords(words);
  return words;
}

function swapWords(words: Uint32Array): void {
  for (const [index, word] of words.entries()) {
    words[index] = ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  }
}

/** The bytes of 32-bit words, in either byte order. */
export function wordBytes(words: readonly number[], littleEndian: boolean): Uint8Array {
  const copy = Uint32Array.from(words);
  if (littleEndian !== HOST_LITTLE_ENDIAN) swapWords(copy);
  return new Uint8Array(copy.buffer);
}
