/** Queries on BTF types: layouts with anonymous members flattened, sizes, pointers. All walks are bounded. */
import { DecodeError } from "../errors.ts";
import type { Btf, BtfId, BtfType } from "./btf.ts";

/** Longer chains of typedefs and deeper nesting of anonymous structs occur only in hostile BTF. */
const MAX_DEPTH = 64;
/** Members that one query may visit; the kernel's largest struct has some hundreds. */
const MAX_MEMBERS = 200_000;
/** BTF does not say; every supported kernel has 64 bits. */
const POINTER_BYTES = 8;

export interface Member {
  /** "" for an anonymous struct or union. */
  readonly name: string;
  /** From the start of the struct that was queried. */
  readonly offsetBits: number;
  /** 0 unless it is a bit-field. */
  readonly bitSize: number;
  readonly typeId: BtfId;
}

/**
 * The type behind typedefs and qualifiers.
 *
 * @example
 * ```ts
 * import { openKernelBtf, resolve } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const alias = btf.find("gfp_t", "typedef"); // typedef unsigned int gfp_t;
 * console.log(resolve(btf, alias?.id ?? 0).kind);
 * // prints: int
 * ```
 */
export function resolve(btf: Btf, id: BtfId): BtfType {
  let type = btf.type(id);
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    switch (type.kind) {
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
        type = btf.type(type.typeId ?? 0);
        break;
      default:
        return type;
    }
  }
  throw new DecodeError(
    "btf_type",
    0,
    `type ${id} is a chain of more than ${MAX_DEPTH} typedefs and qualifiers`,
  );
}

/**
 * The direct members of a struct or union, unflattened; none for another kind.
 *
 * @example
 * ```ts
 * import { members, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const header = btf.find("tcphdr", "struct");
 * console.log(members(btf, header?.id ?? 0).slice(0, 3).map(({ name }) => name));
 * // prints: [ 'source', 'dest', 'seq' ]
 * ```
 */
export function members(btf: Btf, id: BtfId): readonly Member[] {
  const type = resolve(btf, id);
  if (type.kind !== "struct" && type.kind !== "union") return [];
  const words = btf.trailing(type.id);
  const endBits = 8 * (type.sizeBytes ?? 0);
  return Array.from({ length: type.vlen }, (_unused, index) => {
    const name = btf.string(words[3 * index] ?? 0);
    const offset = words[3 * index + 2] ?? 0;
    const offsetBits = type.kindFlag ? offset & 0xff_ffff : offset;
    const bitSize = type.kindFlag ? offset >>> 24 : 0;
    if (offsetBits + bitSize > endBits)
      throw new DecodeError("btf_member", 0, `${type.name}.${name} leaves the ${type.kind}`);
    return { name, typeId: words[3 * index + 1] ?? 0, offsetBits, bitSize };
  });
}

/**
 * The members that C code can name: anonymous structs and unions are replaced by their members, with offsets
 * summed. Names can repeat where the kernel uses struct_group.
 *
 * @example
 * ```ts
 * import { flattened, members, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const skb = btf.find("sk_buff", "struct")?.id ?? 0; // its first members stand in anonymous unions
 * console.log(members(btf, skb)[0]?.name, flattened(btf, skb)[0]?.name);
 * // prints:  next
 * ```
 */
export function flattened(btf: Btf, id: BtfId): readonly Member[] {
  const named: Member[] = [];
  const budget = { members: MAX_MEMBERS };
  const walk = (typeId: BtfId, baseBits: number, depth: number): void => {
    for (const member of spend(btf, typeId, depth, budget)) {
      const offsetBits = baseBits + member.offsetBits;
      if (member.name === "") walk(member.typeId, offsetBits, depth + 1);
      else named.push({ ...member, offsetBits });
    }
  };
  walk(id, 0, 0);
  return named;
}

/**
 * The member of this name, also in anonymous structs and unions; its offset counts from the outermost struct.
 *
 * @example
 * ```ts
 * import { findMember, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const header = btf.find("tcphdr", "struct");
 * console.log(findMember(btf, header?.id ?? 0, "ack_seq")?.offsetBits);
 * // prints: 64
 * ```
 */
export function findMember(btf: Btf, id: BtfId, name: string): Member | undefined {
  if (name === "") return undefined;
  const budget = { members: MAX_MEMBERS };
  const find = (typeId: BtfId, baseBits: number, depth: number): Member | undefined => {
    const own = spend(btf, typeId, depth, budget);
    const direct = own.find((member) => member.name === name);
    if (direct !== undefined) return { ...direct, offsetBits: baseBits + direct.offsetBits };
    for (const member of own) {
      if (member.name !== "") continue;
      const inner = find(member.typeId, baseBits + member.offsetBits, depth + 1);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return find(id, 0, 0);
}

/**
 * Members within the budget: a struct that contains itself, or doubles at each level, ends in a DecodeError.
 */
function spend(btf: Btf, id: BtfId, depth: number, budget: { members: number }): readonly Member[] {
  if (depth > MAX_DEPTH)
    throw new DecodeError("btf_type", 0, `anonymous members nest deeper than ${MAX_DEPTH} at type ${id}`);
  const own = members(btf, id);
  budget.members -= own.length;
  if (budget.members < 0)
    throw new DecodeError(
      "btf_type",
      0,
      `more than ${MAX_MEMBERS} members below anonymous ones at type ${id}`,
    );
  return own;
}

/**
 * Size of the type in bytes. A DecodeError for types without one: void, functions, forward declarations.
 *
 * @example
 * ```ts
 * import { openKernelBtf, sizeOf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * console.log(sizeOf(btf, btf.find("iphdr", "struct")?.id ?? 0));
 * // prints: 20
 * ```
 */
export function sizeOf(btf: Btf, id: BtfId): number {
  let type = resolve(btf, id);
  let count = 1;
  for (let depth = 0; type.kind === "array"; depth += 1) {
    if (depth > MAX_DEPTH)
      throw new DecodeError("btf_type", 0, `arrays of type ${id} nest deeper than ${MAX_DEPTH}`);
    const [element = 0, , length = 0] = btf.trailing(type.id);
    count *= length;
    type = resolve(btf, element);
  }
  const one = type.kind === "ptr" ? POINTER_BYTES : type.sizeBytes;
  if (one === undefined)
    throw new DecodeError("btf_type", 0, `type ${id} (${type.kind} ${type.name}) has no size`);
  const size = count * one;
  if (!Number.isSafeInteger(size))
    throw new DecodeError("btf_type", 0, `type ${id} has no size that a number can hold`);
  return size;
}

/**
 * How many elements an array has, in its outermost dimension; undefined for another type.
 *
 * @example
 * ```ts
 * import { arrayLength, findMember, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const comm = findMember(btf, btf.find("task_struct", "struct")?.id ?? 0, "comm");
 * console.log(arrayLength(btf, comm?.typeId ?? 0));
 * // prints: 16
 * ```
 */
export function arrayLength(btf: Btf, id: BtfId): number | undefined {
  const type = resolve(btf, id);
  return type.kind === "array" ? btf.trailing(type.id)[2] : undefined;
}

/**
 * Whether it is an integer or enum with negative values.
 *
 * @example
 * ```ts
 * import { isSigned, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * console.log(isSigned(btf, btf.find("int", "int")?.id ?? 0));
 * // prints: true
 * ```
 */
export function isSigned(btf: Btf, id: BtfId): boolean {
  const type = resolve(btf, id);
  // Bit 24 of the word behind an int is BTF_INT_SIGNED.
  if (type.kind === "int") return (((btf.trailing(type.id)[0] ?? 0) >>> 24) & 1) === 1;
  return (type.kind === "enum" || type.kind === "enum64") && type.kindFlag;
}

/**
 * The type that a pointer points to; undefined if `id` is not a pointer.
 *
 * @example
 * ```ts
 * import { findMember, openKernelBtf, pointee } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const owner = findMember(btf, btf.find("sk_buff", "struct")?.id ?? 0, "sk");
 * console.log(pointee(btf, owner?.typeId ?? 0)?.name);
 * // prints: sock
 * ```
 */
export function pointee(btf: Btf, id: BtfId): BtfType | undefined {
  const type = resolve(btf, id);
  return type.kind === "ptr" ? resolve(btf, type.typeId ?? 0) : undefined;
}
