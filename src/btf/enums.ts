/** Names and values of enums of both kinds: `enum` (32-bit values) and `enum64` (64-bit, since Linux 6.0). */
import type { Btf, BtfId } from "./btf.ts";
import { resolve } from "./queries.ts";

/**
 * In the kernel's order, exact. Empty if the type is not an enum.
 *
 * @example
 * ```ts
 * import { enumBigints, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const commands = btf.find("bpf_cmd", "enum");
 * console.log(enumBigints(btf, commands?.id ?? 0).get("BPF_PROG_LOAD"));
 * // prints: 5n
 * ```
 */
export function enumBigints(btf: Btf, id: BtfId): ReadonlyMap<string, bigint> {
  const type = resolve(btf, id);
  const values = new Map<string, bigint>();
  if (type.kind !== "enum" && type.kind !== "enum64") return values;
  const words = btf.trailing(type.id);
  const wide = type.kind === "enum64";
  const bits = wide ? 64 : 32;
  const stride = wide ? 3 : 2;
  for (let at = 0; at < words.length; at += stride) {
    const high = wide ? (words[at + 2] ?? 0) : 0;
    const value = (BigInt(high) << 32n) | BigInt(words[at + 1] ?? 0);
    values.set(btf.string(words[at] ?? 0), type.kindFlag ? BigInt.asIntN(bits, value) : value);
  }
  return values;
}

/**
 * In the kernel's order. Values beyond 2^53 lose their low bits; no enum of drop reasons or commands has
 * such.
 *
 * @example
 * ```ts
 * import { enumValues, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const commands = btf.find("bpf_cmd", "enum");
 * console.log(enumValues(btf, commands?.id ?? 0).get("BPF_PROG_LOAD"));
 * // prints: 5
 * ```
 */
export function enumValues(btf: Btf, id: BtfId): ReadonlyMap<string, number> {
  return new Map(Array.from(enumBigints(btf, id), ([name, value]) => [name, Number(value)]));
}

/**
 * The enum of this name, of either kind; undefined if the kernel has none.
 *
 * @example
 * ```ts
 * import { findEnum, openKernelBtf } from "tcpdrop/ebpf";
 *
 * console.log(findEnum(openKernelBtf(), "skb_drop_reason")?.has("SKB_DROP_REASON_NO_SOCKET"));
 * // prints: true
 * ```
 */
export function findEnum(btf: Btf, name: string): ReadonlyMap<string, number> | undefined {
  const type = btf.find(name, ["enum", "enum64"]);
  return type === undefined ? undefined : enumValues(btf, type.id);
}
