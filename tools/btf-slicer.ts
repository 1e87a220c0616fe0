/**
 * Cuts small BTF out of large: the requested types completely, and of others only what these need.
 *
 * - A struct behind a pointer that was not requested becomes a forward declaration.
 * - A struct inside a struct that was not requested keeps its name and size and loses its members; anonymous
 *   ones stay complete.
 */

import {
  type Btf,
  type BtfId,
  type BtfType,
  enumBigints,
  type Kind,
  members,
  parameters,
} from "../src/btf/index.ts";
import { BtfWriter, type NewType } from "./btf-writer.ts";

/** A type to keep, of any kind that can have its name. */
export interface Wanted {
  readonly name: string;
  readonly kinds: readonly Kind[];
}

/** The slice, and the names that were not found. */
export function sliceBtf(
  btf: Btf,
  wanted: readonly Wanted[],
): { readonly bytes: Uint8Array; readonly missing: readonly string[] } {
  const found = wanted.map(({ name, kinds }) => ({ name, type: btf.find(name, kinds) }));
  const whole = new Set(found.flatMap(({ type }) => (type === undefined ? [] : [type.id])));
  const slicer = new Slicer(btf, whole);
  for (const id of whole) slicer.copy(id, false);
  return {
    bytes: slicer.writer.bytes(),
    missing: found.flatMap(({ name, type }) => (type === undefined ? [name] : [])),
  };
}

class Slicer {
  readonly writer = new BtfWriter();
  readonly #btf: Btf;
  readonly #whole: ReadonlySet<BtfId>;
  readonly #copied = new Map<string, BtfId>();

  constructor(btf: Btf, whole: ReadonlySet<BtfId>) {
    this.#btf = btf;
    this.#whole = whole;
  }

  /** The type's id in the slice. `behindPointer`: a declaration is enough. */
  copy(id: BtfId, behindPointer: boolean): BtfId {
    if (id === 0) return 0;
    const key = `${id} ${behindPointer && !this.#whole.has(id)}`;
    const known = this.#copied.get(key);
    if (known !== undefined) return known;
    const copy = this.writer.reserve();
    this.#copied.set(key, copy);
    this.writer.define(copy, this.#describe(this.#btf.type(id), behindPointer));
    return copy;
  }

  #describe(type: BtfType, behindPointer: boolean): NewType {
    const { id, kind, name, sizeBytes = 0, typeId = 0 } = type;
    switch (kind) {
      case "struct":
      case "union":
        return this.#describeStruct(type, kind, behindPointer);
      case "ptr":
        return { kind, typeId: this.copy(typeId, true) };
      case "volatile":
      case "const":
      case "restrict":
        return { kind, typeId: this.copy(typeId, behindPointer) };
      case "typedef":
      case "type_tag":
        return { kind, name, typeId: this.copy(typeId, behindPointer) };
      case "array":
        return this.#describeArray(id);
      case "int":
        return { kind, name, sizeBytes, ...intEncoding(this.#btf.trailing(id)[0] ?? 0) };
      case "enum":
      case "enum64":
        return { kind, name, sizeBytes, signed: type.kindFlag, values: enumBigints(this.#btf, id) };
      case "func":
        return { kind, name, typeId: this.copy(typeId, false), linkage: type.vlen };
      case "func_proto":
        return {
          kind,
          typeId: this.copy(typeId, false),
          parameters: parameters(this.#btf, id).map((one) => ({
            name: one.name,
            typeId: this.copy(one.typeId, true),
          })),
        };
      case "float":
        return { kind, name, sizeBytes };
      default:
        return { kind: "fwd", name, union: type.kindFlag };
    }
  }

  #describeStruct(type: BtfType, kind: "struct" | "union", behindPointer: boolean): NewType {
    const { id, name, sizeBytes = 0 } = type;
    const whole = name === "" || this.#whole.has(id);
    if (!whole && behindPointer) return { kind: "fwd", name, union: kind === "union" };
    const kept = whole ? members(this.#btf, id) : [];
    return {
      kind,
      name,
      sizeBytes,
      members: kept.map((member) => ({ ...member, typeId: this.copy(member.typeId, false) })),
    };
  }

  #describeArray(id: BtfId): NewType {
    const [element = 0, index = 0, length = 0] = this.#btf.trailing(id);
    return { kind: "array", elementId: this.copy(element, false), indexId: this.copy(index, false), length };
  }
}

function intEncoding(word: number): { encoding: number; bits: number; firstBit: number } {
  return { encoding: (word >>> 24) & 0xf, firstBit: (word >>> 16) & 0xff, bits: word & 0xff };
}
