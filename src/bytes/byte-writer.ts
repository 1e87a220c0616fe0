/**
 * Builds text directly as the bytes that will be written: numbers are never made into strings, and strings
 * are neither joined nor encoded.
 *
 * Text that is written repeatedly is encoded once. Short text is copied eight bytes at a time, as
 * doubles: up to seven bytes behind the end are written too, and the next write overwrites them.
 */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

/** Text encoded once: as groups of eight bytes, or as bytes. */
export interface Encoded {
  /** Length in bytes. */
  readonly length: number;
  readonly eights: Float64Array | undefined;
  /**
   * For long text, which the engine copies faster, and for text that is not ASCII: a double that is NaN may
   * change.
   */
  readonly bytes: Uint8Array | undefined;
}

/** Longer text is copied by the engine, which is faster once it has started. */
const SHORT_BYTES = 64;
/**
 * Scratch space for groups of eight bytes. A small array whose buffer is never accessed lives on the heap,
 * and is cheap.
 */
const scratch = new Float64Array(SHORT_BYTES / 8);
const scratchBytes = new Uint8Array(scratch.buffer);
/** Room behind the end for the last group of eight. */
const PADDING_BYTES = 8;
const NOT_ASCII = /[^\0-\x7e]/;
const SPACE = 0x20;
/** Eight spaces as one double. */
const EIGHT_SPACES = new Float64Array(new Uint8Array(8).fill(SPACE).buffer)[0] ?? 0;
/** Numbers are written in groups of four digits. */
const FOUR_DIGITS = 10_000;
const EIGHT_DIGITS = 100_000_000;
/** Digits of 2^53. */
const MOST_DIGITS = 16;

export function encoded(text: string): Encoded {
  return encodedOf(Buffer.from(text), !NOT_ASCII.test(text));
}

function encodedOf(bytes: Uint8Array, isAscii: boolean): Encoded {
  const { length } = bytes;
  if (!isAscii || length > SHORT_BYTES) return { length, eights: undefined, bytes: Uint8Array.from(bytes) };
  scratchBytes.set(bytes);
  return { length, eights: scratch.slice(0, (length + 7) >>> 3), bytes: undefined };
}

export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;
  /** Bytes that fit without growing. */
  #most: number;

  /** Grows beyond `capacityBytes` as needed. */
  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes + PADDING_BYTES);
    this.#view = viewOf(this.#bytes);
    this.#most = capacityBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** A view, valid until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Truncates to `length` bytes. */
  cutAt(length: number): void {
    this.#length = length;
  }

  append(text: Encoded): void {
    const at = this.#length;
    const end = at + text.length;
    if (end > this.#most) this.#grow(end);
    this.#length = end;
    const { eights, bytes } = text;
    if (bytes !== undefined) this.#bytes.set(bytes, at);
    if (eights === undefined) return;
    const view = this.#view;
    for (let index = 0, to = at; index < eights.length; index += 1, to += 8)
      view.setFloat64(to, eights[index] ?? 0, HOST_LITTLE_ENDIAN);
  }

  /** Any text, in UTF-8: for text that is not written often enough to be encoded once. */
  text(text: string): void {
    const most = this.#length + 3 * text.length;
    if (most > this.#most) this.#grow(most);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** The same for text known to be ASCII: five times as fast if it is short. */
  ascii(text: string): void {
    if (text.length > SHORT_BYTES) {
      this.text(text);
      return;
    }
    const at = this.#length;
    const end = at + text.length;
    if (end > this.#most) this.#grow(end);
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
    this.#length = end;
  }

  /** An integer from 0 to 2^53 - 1, in decimal. */
  number(value: number): void {
    const at = this.#length;
    if (at + MOST_DIGITS > this.#most) this.#grow(at + MOST_DIGITS);
    const view = this.#view;
    if (value < EIGHT_DIGITS) {
      this.#length = writeNumber(view, at, value);
      return;
    }
    const high = (value / EIGHT_DIGITS) | 0;
    const low = (value - high * EIGHT_DIGITS) | 0;
    const middle = (low / FOUR_DIGITS) | 0;
    const lowAt = writeNumber(view, at, high);
    view.setInt32(lowAt, fourDigits(middle), true);
    view.setInt32(lowAt + 4, fourDigits(low - middle * FOUR_DIGITS), true);
    this.#length = lowAt + 8;
  }

  /** An integer below 100,000,000, padded with zeros. */
  eightDigits(value: number): void {
    const at = this.#length;
    if (at + 8 > this.#most) this.#grow(at + 8);
    const view = this.#view;
    const high = (value / FOUR_DIGITS) | 0;
    view.setInt32(at, fourDigits(high), true);
    view.setInt32(at + 4, fourDigits(value - high * FOUR_DIGITS), true);
    this.#length = at + 8;
  }

  /** An integer of at most `width` digits (at most four), padded with zeros. */
  digits(value: number, width: number): void {
    const at = this.#length;
    if (at + width > this.#most) this.#grow(at + width);
    this.#length = at + width;
    writeDigits(this.#view, at, value, width);
  }

  /** Pads with spaces up to `length` bytes; does nothing if it is as long already. */
  padTo(length: number): void {
    if (length <= this.#length) return;
    if (length > this.#most) this.#grow(length);
    const view = this.#view;
    for (let at = this.#length; at < length; at += 8) view.setFloat64(at, EIGHT_SPACES, HOST_LITTLE_ENDIAN);
    this.#length = length;
  }

  /** Removes trailing spaces, back to byte `start` at most. */
  trimEnd(start: number): void {
    while (this.#length > start && this.#bytes[this.#length - 1] === SPACE) this.#length -= 1;
  }

  /** What was written from byte `start` on, which must be ASCII, to be written again. */
  encodedFrom(start: number): Encoded {
    return encodedOf(this.#bytes.subarray(start, this.#length), true);
  }

  toString(): string {
    return this.#bytes.toString("utf8", 0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * length + PADDING_BYTES);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = viewOf(larger);
    this.#most = 2 * length;
  }
}

/** Writes an integer of at most eight digits; returns the end. */
function writeNumber(view: DataView, at: number, value: number): number {
  if (value < FOUR_DIGITS) return writeDigits(view, at, value, widthOf(value));
  const high = (value / FOUR_DIGITS) | 0;
  const lowAt = writeDigits(view, at, high, widthOf(high));
  return writeDigits(view, lowAt, value - high * FOUR_DIGITS, 4);
}

/** Returns the end. The first digit is the lowest byte on any host: leading zeros are shifted out below. */
function writeDigits(view: DataView, at: number, value: number, width: number): number {
  view.setInt32(at, fourDigits(value) >>> (8 * (4 - width)), true);
  return at + width;
}

/** Number of digits below 10,000: a sum, because unpredictable branches are slow. */
function widthOf(value: number): number {
  return 1 + Number(value > 9) + Number(value > 99) + Number(value > 999);
}

/**
 * The four digits of a number below 10,000, as the bytes of one integer. Two pairs of digits are divided by
 * 10 at once, each in its half of the bits.
 */
function fourDigits(value: number): number {
  // 5243 / 2^19 and 103 / 2^10 are close enough to 1/100 and 1/10 for these numbers.
  const hundreds = Math.imul(value, 5243) >>> 19;
  const pairs = hundreds | ((value - hundreds * 100) << 16);
  const tens = (Math.imul(pairs, 103) >>> 10) & 0x000f_000f;
  return tens | ((pairs - Math.imul(tens, 10)) << 8) | 0x3030_3030;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
