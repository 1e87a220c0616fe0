/**
 * BTF's kinds, and how many 32-bit words follow the three of each type. Documentation/bpf/btf.rst, since
 * Linux 4.18.
 */

/** The kernel's BTF_KIND_* in lower case, by number. */
export const KINDS = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "func_proto",
  "var",
  "datasec",
  "float",
  "decl_tag",
  "type_tag",
  "enum64",
] as const;

export type Kind = (typeof KINDS)[number];

/**
 * Words after `struct btf_type`: a fixed number, and a number for each of `vlen` entries. Kinds that are not
 * listed have none.
 */
const TRAILING: Readonly<Partial<Record<Kind, readonly [once: number, perEntry: number]>>> = {
  int: [1, 0],
  array: [3, 0],
  struct: [0, 3],
  union: [0, 3],
  enum: [0, 2],
  func_proto: [0, 2],
  var: [1, 0],
  datasec: [0, 3],
  decl_tag: [1, 0],
  enum64: [0, 3],
};

// The same by number, for the pass over a hundred thousand types.
const once = Uint8Array.from(KINDS, (kind) => TRAILING[kind]?.[0] ?? 0);
const perEntry = Uint8Array.from(KINDS, (kind) => TRAILING[kind]?.[1] ?? 0);

export function kindNumber(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** Words that follow the three of a type with this `info`; undefined for an unknown kind. */
export function trailingWords(info: number): number | undefined {
  const kind = kindNumber(info);
  const fixed = once[kind];
  if (kind === 0 || fixed === undefined) return undefined;
  return fixed + (perEntry[kind] ?? 0) * (info & 0xffff);
}

/** Whether the third word of a type is its size in bytes. */
export function hasSize(kind: Kind): boolean {
  switch (kind) {
    case "int":
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "float":
    case "datasec":
      return true;
    default:
      return false;
  }
}

/** Whether the third word of a type is the id of another type. */
export function hasReference(kind: Kind): boolean {
  switch (kind) {
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "func_proto":
    case "var":
    case "decl_tag":
      return true;
    default:
      return false;
  }
}
