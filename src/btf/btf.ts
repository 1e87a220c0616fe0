/**
 * BTF, the kernel's own description of its types, read lazily: one pass notes where each type begins, names are looked up by
 * searching the string section for their bytes, and nothing else is made until somebody asks for it.
 *
 * The bytes may be hostile or cut off: whatever does not hold together is a DecodeError.
 */
import { ByteReader } from "../bytes/byte-reader.ts";
import { u32Words } from "../bytes/words.ts";
import { DecodeError } from "../errors.ts";
import { KINDS, type Kind, trailingWords } from "./kinds.ts";
import { StringTable } from "./string-table.ts";

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** No kernel has near this many types; it bounds what hostile bytes can make us allocate. */
const MAX_TYPES = 4_000_000;

export type BtfId = number;

export interface BtfType {
  readonly id: BtfId;
  readonly kind: Kind;
  readonly name: string;
  /** Bytes for int, struct, union, enum, datasec, float, enum64; else the id of the type that is referred to. */
  readonly sizeOrType: number;
  readonly vlen: number;
  /** Bit 31 of `info`: struct members carry bit-field sizes; enums are signed. */
  readonly kindFlag: boolean;
}

export class Btf {
  /** Ids run from 0 (void) to typeCount - 1; those of a base come first. */
  readonly typeCount: number;
  readonly base: Btf | undefined;
  readonly #words: Uint32Array;
  /** Where type `firstId + i` begins, in words. */
  readonly #starts: Uint32Array;
  readonly #firstId: number;
  readonly #strings: StringTable;
  readonly #found = new Map<string, BtfType | undefined>();

  private constructor(words: Uint32Array, strings: StringTable, base: Btf | undefined) {
    this.base = base;
    this.#words = words;
    this.#strings = strings;
    this.#firstId = base === undefined ? 1 : base.typeCount;
    this.#starts = indexTypes(words);
    this.typeCount = this.#firstId + this.#starts.length;
  }

  /** Reads an index of raw BTF in either byte order. `base` is the kernel's BTF for that of a module (split BTF). */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    const littleEndian = bytes[0] === (MAGIC & 0xff);
    const header = new ByteReader(bytes, "btf_header", littleEndian);
    if (header.u16(0) !== MAGIC) throw new DecodeError("btf_header", 0, "this is not BTF: the magic number is missing");
    if (header.u8(2) !== 1) throw new DecodeError("btf_header", 2, `version ${header.u8(2)} is not known`);
    const headerBytes = header.u32(4);
    if (headerBytes < HEADER_BYTES) throw new DecodeError("btf_header", 4, `a header of ${headerBytes} bytes is too short`);
    const words = u32Words(bytes, headerBytes + header.u32(8), header.u32(12), littleEndian, "btf types");
    const strings = header.slice(headerBytes + header.u32(16), header.u32(20));
    return new Btf(words, new StringTable(strings, base === undefined ? undefined : base.#strings), base);
  }

  /** The type of this id. Id 0 is void. */
  type(id: BtfId): BtfType {
    if (id === 0) return { id: 0, kind: "void", name: "", sizeOrType: 0, vlen: 0, kindFlag: false };
    if (this.base !== undefined && id < this.#firstId) return this.base.type(id);
    const start = this.#start(id);
    const info = this.#word(start + 1);
    return {
      id,
      kind: KINDS[(info >>> 24) & 0x1f] ?? "void",
      name: this.#strings.at(this.#word(start)),
      sizeOrType: this.#word(start + 2),
      vlen: info & 0xffff,
      kindFlag: info >>> 31 === 1,
    };
  }

  /** The first type of this name and kind, of this BTF before its base. */
  find(name: string, kind: Kind): BtfType | undefined {
    const key = `${kind} ${name}`;
    if (this.#found.has(key)) return this.#found.get(key);
    const found = this.#findOwn(name, kind) ?? this.base?.find(name, kind);
    this.#found.set(key, found);
    return found;
  }

  /** The words that follow type `id`, as many as its kind has. */
  trailing(id: BtfId): Uint32Array {
    if (this.base !== undefined && id < this.#firstId) return this.base.trailing(id);
    const start = this.#start(id);
    const info = this.#word(start + 1);
    return this.#words.subarray(start + 3, start + 3 + (trailingWords((info >>> 24) & 0x1f, info & 0xffff) ?? 0));
  }

  /** The string at an offset of the string section. */
  string(offset: number): string {
    return this.#strings.at(offset);
  }

  #findOwn(name: string, kind: Kind): BtfType | undefined {
    const offsets = this.#strings.offsetsOf(name);
    if (offsets.length === 0) return undefined;
    const wanted = KINDS.indexOf(kind);
    const words = this.#words;
    for (let index = 0; index < this.#starts.length; index += 1) {
      const start = this.#starts[index] ?? 0;
      if (((words[start + 1] ?? 0) >>> 24) % 32 === wanted && offsets.includes(words[start] ?? 0)) return this.type(this.#firstId + index);
    }
    return undefined;
  }

  #start(id: BtfId): number {
    const start = this.#starts[id - this.#firstId];
    if (start === undefined) throw new DecodeError("btf_type", 0, `there is no type ${id}; the last is ${this.typeCount - 1}`);
    return start;
  }

  #word(index: number): number {
    const word = this.#words[index];
    if (word === undefined) throw new DecodeError("btf_type", index * 4, "the type section ends here");
    return word;
  }
}

/** Where each type begins, in words: the one pass over everything. */
function indexTypes(words: Uint32Array): Uint32Array {
  // A type is 3 words at least, so this is never too small.
  const starts = new Uint32Array(Math.min(MAX_TYPES, Math.floor(words.length / 3)));
  let count = 0;
  let at = 0;
  while (at < words.length) {
    const info = words[at + 1];
    if (info === undefined || at + 3 > words.length) throw new DecodeError("btf_type", at * 4, "the type section ends inside a type");
    const extra = trailingWords((info >>> 24) & 0x1f, info & 0xffff);
    if (extra === undefined) throw new DecodeError("btf_type", at * 4, `kind ${(info >>> 24) & 0x1f} is not known`);
    if (count >= starts.length && count >= MAX_TYPES) throw new DecodeError("btf_type", at * 4, `more than ${MAX_TYPES} types`);
    starts[count++] = at;
    at += 3 + extra;
  }
  if (at !== words.length) throw new DecodeError("btf_type", at * 4, "the last type is longer than the section");
  return starts.subarray(0, count);
}
