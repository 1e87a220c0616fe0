/** BTF's string section: offsets to names, and names to offsets by searching the bytes. */
import { DecodeError } from "../errors.ts";

export class StringTable {
  readonly #bytes: Buffer;
  readonly #base: StringTable | undefined;
  /** Where this section's offsets begin: after those of the base. */
  readonly #firstOffset: number;
  readonly #endOffset: number;

  constructor(bytes: Uint8Array, base: StringTable | undefined) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.#firstOffset = base === undefined ? 0 : base.#endOffset;
    this.#endOffset = this.#firstOffset + bytes.byteLength;
    if (bytes.byteLength > 0 && bytes[bytes.byteLength - 1] !== 0) throw new DecodeError("btf strings", bytes.byteLength - 1, "the last string has no end");
  }

  at(offset: number): string {
    if (this.#base !== undefined && offset < this.#firstOffset) return this.#base.at(offset);
    const start = offset - this.#firstOffset;
    const end = this.#bytes.indexOf(0, start);
    if (start < 0 || start >= this.#bytes.length || end < 0) throw new DecodeError("btf strings", offset, "no string is there");
    return this.#bytes.toString("utf8", start, end);
  }

  /** All offsets at which exactly this name stands; usually one. */
  offsetsOf(name: string): readonly number[] {
    const needle = Buffer.from(`\0${name}\0`);
    const offsets: number[] = this.#base === undefined ? [] : [...this.#base.offsetsOf(name)];
    for (let at = this.#bytes.indexOf(needle); at >= 0; at = this.#bytes.indexOf(needle, at + 1)) offsets.push(this.#firstOffset + at + 1);
    // A base's section begins with the empty string; a module's begins with a name that no zero precedes.
    if (this.#bytes.subarray(0, needle.length - 1).equals(needle.subarray(1))) offsets.push(this.#firstOffset);
    return offsets;
  }
}
