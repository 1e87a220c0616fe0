/** BTF's string section: from offset to name, and from name to offset by searching the bytes. */
import { DecodeError } from "../errors.ts";

/**
 * Kernel symbols have at most 512 bytes (KSYM_NAME_LEN since Linux 6.1), C++ ones may be longer; this bounds
 * the cost of hostile bytes.
 */
const MAX_NAME_BYTES = 4096;

export class StringTable {
  readonly #bytes: Buffer;
  readonly #base: StringTable | undefined;
  /** The first offset of this section: they continue the base's. */
  readonly #firstOffset: number;
  readonly #endOffset: number;

  constructor(bytes: Uint8Array, base: StringTable | undefined) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.#firstOffset = base === undefined ? 0 : base.#endOffset;
    this.#endOffset = this.#firstOffset + bytes.byteLength;
    if (bytes.byteLength > 0 && bytes[bytes.byteLength - 1] !== 0) {
      throw new DecodeError("btf strings", bytes.byteLength - 1, "the last string is not terminated");
    }
  }

  /** The string at an offset, counted from the start of the base's section. */
  at(offset: number): string {
    if (this.#base !== undefined && offset < this.#firstOffset) return this.#base.at(offset);
    const bytes = this.#bytes;
    const start = offset - this.#firstOffset;
    if (start >= bytes.length) throw new DecodeError("btf strings", offset, "no string is there");
    const limit = start + MAX_NAME_BYTES;
    let end = start;
    // The section ends with a zero, so this stops inside it.
    while (bytes[end] !== 0) {
      end += 1;
      if (end > limit)
        throw new DecodeError("btf strings", offset, `a name of more than ${MAX_NAME_BYTES} bytes`);
    }
    return bytes.toString("utf8", start, end);
  }

  /**
   * The offsets of exactly this name, in order; usually one. A name that is the tail of a longer one is not
   * found: the writers of BTF (pahole, libbpf) do not share tails.
   */
  *offsetsOf(name: string): Generator<number> {
    if (name === "" || name.includes("\0")) return;
    if (this.#base !== undefined) yield* this.#base.offsetsOf(name);
    const bytes = this.#bytes;
    const between = Buffer.from(`\0${name}\0`);
    // A base's section begins with the empty string; a module's begins with a name that no NUL precedes.
    const atStart = between.subarray(1);
    if (bytes.subarray(0, atStart.length).equals(atStart)) yield this.#firstOffset;
    for (let at = bytes.indexOf(between); at >= 0; at = bytes.indexOf(between, at + 1))
      yield this.#firstOffset + at + 1;
  }
}
