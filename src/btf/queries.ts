/** Questions about BTF types: layouts with anonymous members flattened, sizes, enums, prototypes. All walks are bounded. */
import { DecodeError } from "../errors.ts";
import type { Btf, BtfId, BtfType } from "./btf.ts";

/** Longer chains of typedefs, or deeper nests of anonymous structs, exist only in hostile BTF. */
const MAX_DEPTH = 64;

export interface Member {
  readonly name: string;
  /** From the start of the struct that was asked about. */
  readonly offsetBits: number;
  /** 0 unless this is a bit-field. */
  readonly bitSize: number;
  readonly typeId: BtfId;
}

/** The type behind typedefs and qualifiers. */
export function resolve(btf: Btf, id: BtfId): BtfType {
  let type = btf.type(id);
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    switch (type.kind) {
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
        type = btf.type(type.sizeOrType);
        break;
      default:
        return type;
    }
  }
  throw new DecodeError("btf_type", 0, `type ${id} is a chain of more than ${MAX_DEPTH} typedefs and qualifiers`);
}

/** The direct members of a struct or union, as they stand. */
export function members(btf: Btf, id: BtfId): readonly Member[] {
  const type = resolve(btf, id);
  if (type.kind !== "struct" && type.kind !== "union") return [];
  const words = btf.trailing(type.id);
  const result: Member[] = [];
  for (let index = 0; index < type.vlen; index += 1) {
    const offset = words[3 * index + 2] ?? 0;
    result.push({
      name: btf.string(words[3 * index] ?? 0),
      typeId: words[3 * index + 1] ?? 0,
      offsetBits: type.kindFlag ? offset & 0xff_ffff : offset,
      bitSize: type.kindFlag ? offset >>> 24 : 0,
    });
  }
  return result;
}

/** The member of this name, looked for in anonymous structs and unions too; its offset counts from the outermost struct. */
export function findMember(btf: Btf, id: BtfId, name: string, depth = 0): Member | undefined {
  if (depth > MAX_DEPTH) throw new DecodeError("btf_type", 0, `anonymous members of type ${id} nest deeper than ${MAX_DEPTH}`);
  const own = members(btf, id);
  for (const member of own) if (member.name === name) return member;
  for (const member of own) {
    if (member.name !== "") continue;
    const inner = findMember(btf, member.typeId, name, depth + 1);
    if (inner !== undefined) return { ...inner, offsetBits: member.offsetBits + inner.offsetBits };
  }
  return undefined;
}

/** Bytes that a value of the type takes. */
export function sizeOf(btf: Btf, id: BtfId, depth = 0): number {
  if (depth > MAX_DEPTH) throw new DecodeError("btf_type", 0, `arrays of type ${id} nest deeper than ${MAX_DEPTH}`);
  const type = resolve(btf, id);
  switch (type.kind) {
    case "int":
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "float":
      return type.sizeOrType;
    case "ptr":
      return 8;
    case "array": {
      const words = btf.trailing(type.id);
      return (words[2] ?? 0) * sizeOf(btf, words[0] ?? 0, depth + 1);
    }
    default:
      throw new DecodeError("btf_type", 0, `type ${id} (${type.kind} ${type.name}) has no size`);
  }
}

/** True for integers and enums whose values may be negative. */
export function isSigned(btf: Btf, id: BtfId): boolean {
  const type = resolve(btf, id);
  if (type.kind === "int") return (((btf.trailing(type.id)[0] ?? 0) >>> 24) & 1) === 1;
  return (type.kind === "enum" || type.kind === "enum64") && type.kindFlag;
}

/** Names and values of an enum, in the kernel's order. enum64 values beyond 2^53 lose their low bits. */
export function enumValues(btf: Btf, id: BtfId): ReadonlyMap<string, number> {
  const type = resolve(btf, id);
  const words = btf.trailing(type.id);
  const values = new Map<string, number>();
  const stride = type.kind === "enum64" ? 3 : 2;
  if (type.kind !== "enum" && type.kind !== "enum64") return values;
  for (let index = 0; index < type.vlen; index += 1) {
    const low = words[stride * index + 1] ?? 0;
    const high = words[stride * index + 2] ?? 0;
    const value = stride === 2 ? (type.kindFlag ? low | 0 : low) : (type.kindFlag ? high | 0 : high) * 0x1_0000_0000 + low;
    values.set(btf.string(words[stride * index] ?? 0), value);
  }
  return values;
}

/** The enum of this name, as either of its two kinds. */
export function findEnum(btf: Btf, name: string): ReadonlyMap<string, number> | undefined {
  const type = btf.find(name, "enum") ?? btf.find(name, "enum64");
  return type === undefined ? undefined : enumValues(btf, type.id);
}

export interface Parameter {
  /** "" where the prototype names none. */
  readonly name: string;
  readonly typeId: BtfId;
}

/** Parameters of a func, a func_proto, or a pointer to or typedef of one. */
export function parameters(btf: Btf, id: BtfId): readonly Parameter[] {
  let type = resolve(btf, id);
  for (let depth = 0; depth < 3 && (type.kind === "func" || type.kind === "ptr"); depth += 1) type = resolve(btf, type.sizeOrType);
  if (type.kind !== "func_proto") return [];
  const words = btf.trailing(type.id);
  return Array.from({ length: type.vlen }, (_unused, index) => ({ name: btf.string(words[2 * index] ?? 0), typeId: words[2 * index + 1] ?? 0 }));
}

/** What a pointer points to, or undefined where `id` is none. */
export function pointee(btf: Btf, id: BtfId): BtfType | undefined {
  const type = resolve(btf, id);
  return type.kind === "ptr" ? resolve(btf, type.sizeOrType) : undefined;
}
