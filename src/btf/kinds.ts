/** BTF's kinds and how many 32-bit words follow each type's three. Documentation/bpf/btf.rst, since Linux 4.18. */

/** By number; the kernel's BTF_KIND_* in lower case. */
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

/** Words after struct btf_type, for `vlen` entries; undefined for a kind that this reader does not know. */
export function trailingWords(kind: number, vlen: number): number | undefined {
  switch (KINDS[kind]) {
    case "int":
    case "var":
    case "decl_tag":
      return 1;
    case "array":
      return 3;
    case "struct":
    case "union":
    case "datasec":
    case "enum64":
      return 3 * vlen;
    case "enum":
    case "func_proto":
      return 2 * vlen;
    case "ptr":
    case "fwd":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "func":
    case "float":
    case "type_tag":
      return 0;
    default:
      return undefined;
  }
}
