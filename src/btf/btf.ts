/**
 * BTF, the kernel's own description of its types, read lazily: one pass records where each type begins, names
 * are found by searching the string section, and nothing else is decoded until it is needed.
 *
 * The bytes may be hostile or truncated: any inconsistency is a DecodeError.
 */
import { uninitializedUint32Array } from "../bytes/uninitialized.ts";
import { DecodeError } from "../errors.ts";
import { parseSections } from "./header.ts";
import { hasReference, hasSize, KINDS, type Kind, kindNumber, trailingWords } from "./kinds.ts";
import { StringTable } from "./string-table.ts";

/** Far above any kernel's number of types; it bounds what hostile bytes can make us allocate. */
const MAX_TYPES = 4_000_000;

export type BtfId = number;

export interface BtfType {
  readonly id: BtfId;
  readonly kind: Kind;
  /** "" for an anonymous type. */
  readonly name: string;
  /** Of int, struct, union, enum, enum64, float and datasec. */
  readonly sizeBytes: number | undefined;
  /**
   * The type that a ptr, typedef, const, volatile, restrict, type_tag, func, var or decl_tag refers to, or
   * that a func_proto returns.
   */
  readonly typeId: BtfId | undefined;
  /** Number of members, values or parameters. */
  readonly vlen: number;
  /** Bit 31 of `info`: struct members carry bit-field sizes; enums are signed; a fwd is a union. */
  readonly kindFlag: boolean;
}

const VOID: BtfType = {
  id: 0,
  kind: "void",
  name: "",
  sizeBytes: undefined,
  typeId: undefined,
  vlen: 0,
  kindFlag: false,
};

/**
 * The types of a kernel, or of a module on top of it.
 *
 * @example
 * ```ts
 * import { openKernelBtf } from "tcpdrop/ebpf";
 *
 * console.log(openKernelBtf().find("tcphdr", "struct")?.sizeBytes);
 * // prints: 20
 * ```
 */
export class Btf {
  /** Ids run from 0 (void) to typeCount - 1; those of a base come first. */
  readonly typeCount: number;
  readonly base: Btf | undefined;
  readonly #words: Uint32Array;
  /** For type `firstId + i`: where it begins, in words, and the offset of its name. */
  readonly #starts: Uint32Array;
  readonly #names: Uint32Array;
  readonly #firstId: number;
  readonly #strings: StringTable;
  readonly #found = new Map<string, BtfType | undefined>();

  private constructor(words: Uint32Array, strings: StringTable, base: Btf | undefined) {
    this.base = base;
    this.#words = words;
    this.#strings = strings;
    this.#firstId = base === undefined ? 1 : base.typeCount;
    const { starts, names } = indexTypes(words);
    this.#starts = starts;
    this.#names = names;
    this.typeCount = this.#firstId + this.#starts.length;
  }

  /**
   * Indexes raw BTF in either byte order. For a module's (split) BTF, `base` is the kernel's. Bytes in this
   * host's order are kept, not copied: do not change them.
   */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    const { types, strings } = parseSections(bytes);
    return new Btf(types, new StringTable(strings, base === undefined ? undefined : base.#strings), base);
  }

  /** The type with this id; id 0 is void. A DecodeError if there is none. */
  type(id: BtfId): BtfType {
    if (id === 0) return VOID;
    if (this.base !== undefined && id < this.#firstId) return this.base.type(id);
    const start = this.#start(id);
    const words = this.#words;
    const info = words[start + 1] ?? 0;
    const kind = KINDS[kindNumber(info)] ?? "void";
    const last = words[start + 2];
    return {
      id,
      kind,
      name: this.#strings.at(words[start] ?? 0),
      sizeBytes: hasSize(kind) ? last : undefined,
      typeId: hasReference(kind) ? last : undefined,
      vlen: info & 0xffff,
      kindFlag: info >>> 31 === 1,
    };
  }

  /** The first type with this name and kind, searched in this BTF before its base. Answers are cached. */
  find(name: string, kind: Kind | readonly Kind[]): BtfType | undefined {
    const key = `${String(kind)} ${name}`;
    if (this.#found.has(key)) return this.#found.get(key);
    const kinds: readonly Kind[] = typeof kind === "string" ? [kind] : kind;
    const found = this.#findOwn(name, kinds) ?? this.base?.find(name, kind);
    this.#found.set(key, found);
    return found;
  }

  /** The words that follow type `id`, as many as its kind takes. */
  trailing(id: BtfId): Uint32Array {
    if (id === 0) return new Uint32Array();
    if (this.base !== undefined && id < this.#firstId) return this.base.trailing(id);
    const start = this.#start(id) + 3;
    return this.#words.subarray(start, start + (trailingWords(this.#words[start - 2] ?? 0) ?? 0));
  }

  string(offset: number): string {
    return this.#strings.at(offset);
  }

  #findOwn(name: string, kinds: readonly Kind[]): BtfType | undefined {
    let wanted = 0;
    for (const kind of kinds) wanted |= 1 << KINDS.indexOf(kind);
    for (const offset of this.#strings.offsetsOf(name)) {
      for (
        let index = this.#names.indexOf(offset);
        index >= 0;
        index = this.#names.indexOf(offset, index + 1)
      ) {
        const info = this.#words[(this.#starts[index] ?? 0) + 1] ?? 0;
        if ((wanted >>> kindNumber(info)) & 1) return this.type(this.#firstId + index);
      }
    }
    return undefined;
  }

  #start(id: BtfId): number {
    const start = this.#starts[id - this.#firstId];
    if (start === undefined)
      throw new DecodeError("btf_type", 0, `there is no type ${id}; the last one is ${this.typeCount - 1}`);
    return start;
  }
}

/** The one pass over everything: where each type begins, in words, and the offset of its name. */
function indexTypes(words: Uint32Array): { starts: Uint32Array; names: Uint32Array } {
  // A type takes at least 3 words, so these are large enough.
  const most = Math.min(MAX_TYPES, Math.floor(words.length / 3));
  const starts = uninitializedUint32Array(most);
  const names = uninitializedUint32Array(most);
  const end = words.length;
  let count = 0;
  let at = 0;
  while (at < end) {
    const info = words[at + 1];
    if (info === undefined || at + 3 > end)
      throw new DecodeError("btf_type", at * 4, "the section ends inside this type");
    const extra = trailingWords(info);
    if (extra === undefined) throw new DecodeError("btf_type", at * 4, `kind ${kindNumber(info)} is unknown`);
    if (count === MAX_TYPES) throw new DecodeError("btf_type", at * 4, `more than ${MAX_TYPES} types`);
    starts[count] = at;
    names[count] = words[at] ?? 0;
    count += 1;
    at += 3 + extra;
    if (at > end)
      throw new DecodeError("btf_type", (at - 3 - extra) * 4, "the section ends inside this type");
  }
  return { starts: starts.subarray(0, count), names: names.subarray(0, count) };
}
