/**
 * Text as bytes, put together where it will be written from: no string is made of a number, none is joined,
 * none is encoded.
 *
 * What is written again and again is a Piece, encoded once. Short pieces are copied eight bytes at a time, as
 * the numbers that these bytes are in memory: up to seven bytes behind the end are written too, and are
 * overwritten by what follows.
 */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

/** Text that was encoded once: in eights of bytes, or as bytes. */
export interface Piece {
  /** In bytes. */
  readonly length: number;
  readonly eights: Float64Array | undefined;
  /**
   * Of what is long, for then a copy by the engine is faster, or not ASCII: a number that is NaN may change.
   */
  readonly bytes: Uint8Array | undefined;
}

/** What is longer is left to the engine: it copies faster, but takes its time to begin. */
const SHORT_BYTES = 64;
/**
 * Where the eights of a piece are made. A small array that never shows its buffer lies on the heap, and costs
 * little.
 */
const scratch = new Float64Array(SHORT_BYTES / 8);
const scratchBytes = new Uint8Array(scratch.buffer);
/** Room behind the end for the last of the eights. */
const SLACK_BYTES = 8;
const NOT_ASCII = /[^\0-\x7e]/;
const SPACE = 0x20;
/** Eight spaces as a number. */
const EIGHT_SPACES = new Float64Array(new Uint8Array(8).fill(SPACE).buffer)[0] ?? 0;
/** Numbers are written four digits at a time. */
const FOUR_DIGITS = 10_000;
const EIGHT_DIGITS = 100_000_000;
/** Of 2^53. */
const MOST_DIGITS = 16;

export function piece(text: string): Piece {
  return pieceOf(Buffer.from(text), !NOT_ASCII.test(text));
}

function pieceOf(bytes: Uint8Array, isAscii: boolean): Piece {
  const { length } = bytes;
  if (!isAscii || length > SHORT_BYTES) return { length, eights: undefined, bytes: Uint8Array.from(bytes) };
  scratchBytes.set(bytes);
  return { length, eights: scratch.slice(0, (length + 7) >>> 3), bytes: undefined };
}

export class TextBytes {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;
  /** The length up to which there is room. */
  #most: number;

  /** Grows where `capacityBytes` do not suffice. */
  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes + SLACK_BYTES);
    this.#view = viewOf(this.#bytes);
    this.#most = capacityBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** A view, valid until more is written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written from byte `length` on. */
  cutAt(length: number): void {
    this.#length = length;
  }

  put(piece: Piece): void {
    const at = this.#length;
    const end = at + piece.length;
    if (end > this.#most) this.#grow(end);
    this.#length = end;
    const { eights, bytes } = piece;
    if (bytes !== undefined) this.#bytes.set(bytes, at);
    if (eights === undefined) return;
    const view = this.#view;
    for (let index = 0, to = at; index < eights.length; index += 1, to += 8)
      view.setFloat64(to, eights[index] ?? 0, HOST_LITTLE_ENDIAN);
  }

  /** Any text, in UTF-8: for what is not written often enough to be kept as a piece. */
  text(text: string): void {
    const most = this.#length + 3 * text.length;
    if (most > this.#most) this.#grow(most);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** The same for what is known to be ASCII: five times as fast where it is short. */
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
      this.#length = putNumber(view, at, value);
      return;
    }
    const high = (value / EIGHT_DIGITS) | 0;
    const low = (value - high * EIGHT_DIGITS) | 0;
    const middle = (low / FOUR_DIGITS) | 0;
    const lowAt = putNumber(view, at, high);
    view.setInt32(lowAt, fourDigits(middle), true);
    view.setInt32(lowAt + 4, fourDigits(low - middle * FOUR_DIGITS), true);
    this.#length = lowAt + 8;
  }

  /** An integer below 100,000,000, with zeros in front. */
  eightDigits(value: number): void {
    const at = this.#length;
    if (at + 8 > this.#most) this.#grow(at + 8);
    const view = this.#view;
    const high = (value / FOUR_DIGITS) | 0;
    view.setInt32(at, fourDigits(high), true);
    view.setInt32(at + 4, fourDigits(value - high * FOUR_DIGITS), true);
    this.#length = at + 8;
  }

  /** An integer of at most `width` digits, four at most, with zeros in front. */
  digits(value: number, width: number): void {
    const at = this.#length;
    if (at + width > this.#most) this.#grow(at + width);
    this.#length = at + width;
    putDigits(this.#view, at, value, width);
  }

  /** Spaces until it is `length` bytes long; nothing where it is as long already. */
  padTo(length: number): void {
    if (length <= this.#length) return;
    if (length > this.#most) this.#grow(length);
    const view = this.#view;
    for (let at = this.#length; at < length; at += 8) view.setFloat64(at, EIGHT_SPACES, HOST_LITTLE_ENDIAN);
    this.#length = length;
  }

  /** Takes spaces off the end, back to byte `start` at most. */
  trimEnd(start: number): void {
    while (this.#length > start && this.#bytes[this.#length - 1] === SPACE) this.#length -= 1;
  }

  /** What was written from byte `start` on, all of it ASCII, as a piece of its own. */
  pieceFrom(start: number): Piece {
    return pieceOf(this.#bytes.subarray(start, this.#length), true);
  }

  toString(): string {
    return this.#bytes.toString("utf8", 0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * length + SLACK_BYTES);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = viewOf(larger);
    this.#most = 2 * length;
  }
}

/** An integer of eight digits at most; where it ends. */
function putNumber(view: DataView, at: number, value: number): number {
  if (value < FOUR_DIGITS) return putDigits(view, at, value, widthOf(value));
  const high = (value / FOUR_DIGITS) | 0;
  const lowAt = putDigits(view, at, high, widthOf(high));
  return putDigits(view, lowAt, value - high * FOUR_DIGITS, 4);
}

/**
 * Where they end. The first digit is the lowest byte, whatever the host is: zeros that are not wanted fall
 * out below.
 */
function putDigits(view: DataView, at: number, value: number, width: number): number {
  view.setInt32(at, fourDigits(value) >>> (8 * (4 - width)), true);
  return at + width;
}

/** Digits in a number below 10,000: a sum, since branches on numbers that nobody can foresee are slow. */
function widthOf(value: number): number {
  return 1 + Number(value > 9) + Number(value > 99) + Number(value > 999);
}

/**
 * The four digits of a number below 10,000, as bytes of one number. Two pairs of digits are divided by 10 at
 * once, each in its half of the bits.
 */
function fourDigits(value: number): number {
  // 5243 / 2^19 and 103 / 2^10 are a hundredth and a tenth, near enough for these numbers.
  const hundreds = Math.imul(value, 5243) >>> 19;
  const pairs = hundreds | ((value - hundreds * 100) << 16);
  const tens = (Math.imul(pairs, 103) >>> 10) & 0x000f_000f;
  return tens | ((pairs - Math.imul(tens, 10)) << 8) | 0x3030_3030;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
