/**
 * Writes BTF: for slices of a kernel's (tools/slice-btf.ts), and for tests that need a layout of their own.
 *
 *     const writer = new BtfWriter();
 *     const u32 = writer.add({ kind: "int", name: "u32", sizeBytes: 4 });
 *     const members = [{ name: "len", typeId: u32, offsetBits: 32 }];
 *     writer.add({ kind: "struct", name: "sk_buff", sizeBytes: 8, members });
 *     const btf = Btf.parse(writer.bytes());
 *
 * Nothing is checked: tests want wrong ids and offsets.
 */

import type { BtfId } from "../src/btf/btf.ts";
import { KINDS, type Kind } from "../src/btf/kinds.ts";
import { HOST_LITTLE_ENDIAN } from "../src/bytes/endian.ts";
import { wordBytes } from "../src/bytes/words.ts";

export interface NewMember {
  readonly name?: string;
  readonly typeId: BtfId;
  readonly offsetBits: number;
  readonly bitSize?: number;
}

type Reference = "ptr" | "volatile" | "const" | "restrict";

/** One type; the other properties depend on its kind. */
export type NewType =
  /** `encoding`: 1 signed, 2 char, 4 bool. */
  | {
      readonly kind: "int";
      readonly name: string;
      readonly sizeBytes: number;
      readonly encoding?: number;
      readonly bits?: number;
      readonly firstBit?: number;
    }
  | { readonly kind: Reference; readonly typeId: BtfId }
  | { readonly kind: "typedef" | "type_tag"; readonly name: string; readonly typeId: BtfId }
  | { readonly kind: "array"; readonly elementId: BtfId; readonly indexId?: BtfId; readonly length: number }
  | {
      readonly kind: "struct" | "union";
      readonly name?: string;
      readonly sizeBytes: number;
      readonly members: readonly NewMember[];
    }
  | {
      readonly kind: "enum" | "enum64";
      readonly name?: string;
      readonly sizeBytes: number;
      readonly signed?: boolean;
      readonly values: Iterable<readonly [string, bigint | number]>;
    }
  | { readonly kind: "fwd"; readonly name: string; readonly union?: boolean }
  | { readonly kind: "func"; readonly name: string; readonly typeId: BtfId; readonly linkage?: number }
  | {
      readonly kind: "func_proto";
      readonly typeId: BtfId;
      readonly parameters: readonly { readonly name?: string; readonly typeId: BtfId }[];
    }
  | { readonly kind: "var"; readonly name: string; readonly typeId: BtfId; readonly linkage?: number }
  | {
      readonly kind: "datasec";
      readonly name: string;
      readonly sizeBytes: number;
      readonly variables: readonly {
        readonly typeId: BtfId;
        readonly offset: number;
        readonly sizeBytes: number;
      }[];
    }
  | { readonly kind: "float"; readonly name: string; readonly sizeBytes: number }
  | { readonly kind: "decl_tag"; readonly name: string; readonly typeId: BtfId; readonly component?: number };

/** The words of one type, without its name and kind. */
interface Encoded {
  readonly third: number;
  readonly vlen?: number;
  readonly kindFlag?: boolean;
  readonly trailing?: readonly number[];
}

export class BtfWriter {
  readonly #firstId: BtfId;
  readonly #firstString: number;
  readonly #types: (NewType | undefined)[] = [];

  /** `base`: for the (split) BTF of a module, where its ids and string offsets continue from. */
  constructor(
    base: { readonly typeCount: number; readonly stringBytes: number } = { typeCount: 1, stringBytes: 0 },
  ) {
    this.#firstId = base.typeCount;
    this.#firstString = base.stringBytes;
  }

  add(type: NewType): BtfId {
    const id = this.reserve();
    this.define(id, type);
    return id;
  }

  /** Reserves an id for a type that is defined later: for types that refer to each other. */
  reserve(): BtfId {
    return this.#firstId + this.#types.push(undefined) - 1;
  }

  define(id: BtfId, type: NewType): void {
    this.#types[id - this.#firstId] = type;
  }

  bytes(littleEndian: boolean = HOST_LITTLE_ENDIAN): Uint8Array {
    const { words, strings: stringBytes } = this.#sections();
    const typeBytes = wordBytes(words, littleEndian);
    const magic = 0xeb9f;
    const version = 1;
    const start = littleEndian ? magic | (version << 16) : ((magic << 16) | (version << 8)) >>> 0;
    const header = wordBytes(
      [start, 24, 0, typeBytes.length, typeBytes.length, stringBytes.length],
      littleEndian,
    );
    return Buffer.concat([header, typeBytes, stringBytes]);
  }

  /** Length of the strings: split BTF on top of this one continues from there. */
  stringBytes(): number {
    return this.#firstString + this.#sections().strings.length;
  }

  #sections(): { words: number[]; strings: Uint8Array } {
    const strings = new StringSection(this.#firstString);
    const words = this.#types.flatMap((type) =>
      encode(type ?? { kind: "fwd", name: "" }, (name) => strings.offsetOf(name)),
    );
    return { words, strings: strings.bytes() };
  }
}

class StringSection {
  readonly #offsets = new Map<string, number>();
  readonly #chunks: Buffer[] = [];
  #end: number;

  constructor(first: number) {
    this.#end = first;
    // The empty string is at offset 0, in the base if there is one.
    if (first === 0) this.#append("");
  }

  offsetOf(name: string): number {
    if (name === "") return 0;
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#append(name);
    this.#offsets.set(name, offset);
    return offset;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  #append(name: string): number {
    const offset = this.#end;
    const chunk = Buffer.from(`${name}\0`);
    this.#chunks.push(chunk);
    this.#end += chunk.length;
    return offset;
  }
}

function encode(type: NewType, offsetOf: (name: string) => number): number[] {
  const { third, vlen = 0, kindFlag = false, trailing = [] } = body(type, offsetOf);
  const kind = KINDS.indexOf(type.kind satisfies Kind);
  const info = ((kindFlag ? 0x8000_0000 : 0) | (kind << 24) | vlen) >>> 0;
  const name = "name" in type ? (type.name ?? "") : "";
  return [offsetOf(name), info, third, ...trailing];
}

function body(type: NewType, offsetOf: (name: string) => number): Encoded {
  switch (type.kind) {
    case "int":
      return {
        third: type.sizeBytes,
        trailing: [
          ((type.encoding ?? 0) << 24) | ((type.firstBit ?? 0) << 16) | (type.bits ?? 8 * type.sizeBytes),
        ],
      };
    case "array":
      return { third: 0, trailing: [type.elementId, type.indexId ?? type.elementId, type.length] };
    case "struct":
    case "union":
      return memberBody(type.sizeBytes, type.members, offsetOf);
    case "enum":
    case "enum64":
      return enumBody(type, offsetOf);
    case "fwd":
      return { third: 0, kindFlag: type.union ?? false };
    case "func":
      return { third: type.typeId, vlen: type.linkage ?? 0 };
    case "func_proto":
      return {
        third: type.typeId,
        vlen: type.parameters.length,
        trailing: type.parameters.flatMap(({ name = "", typeId }) => [offsetOf(name), typeId]),
      };
    case "var":
      return { third: type.typeId, trailing: [type.linkage ?? 0] };
    case "datasec":
      return {
        third: type.sizeBytes,
        vlen: type.variables.length,
        trailing: type.variables.flatMap((one) => [one.typeId, one.offset, one.sizeBytes]),
      };
    case "float":
      return { third: type.sizeBytes };
    case "decl_tag":
      return { third: type.typeId, trailing: [type.component ?? 0xffff_ffff] };
    default:
      return { third: type.typeId };
  }
}

/** As soon as one member is a bit-field, the top byte of all offsets is a width. */
function memberBody(
  sizeBytes: number,
  members: readonly NewMember[],
  offsetOf: (name: string) => number,
): Encoded {
  const kindFlag = members.some(({ bitSize = 0 }) => bitSize > 0);
  const trailing = members.flatMap(({ name = "", typeId, offsetBits, bitSize = 0 }) => [
    offsetOf(name),
    typeId,
    kindFlag ? ((bitSize << 24) | offsetBits) >>> 0 : offsetBits,
  ]);
  return { third: sizeBytes, vlen: members.length, kindFlag, trailing };
}

function enumBody(
  type: Extract<NewType, { kind: "enum" | "enum64" }>,
  offsetOf: (name: string) => number,
): Encoded {
  const values = [...type.values];
  const trailing = values.flatMap(([name, value]) => {
    const bits = BigInt.asUintN(64, BigInt(value));
    const low = Number(bits & 0xffff_ffffn);
    return type.kind === "enum" ? [offsetOf(name), low] : [offsetOf(name), low, Number(bits >> 32n)];
  });
  return { third: type.sizeBytes, vlen: values.length, kindFlag: type.signed ?? false, trailing };
}
