/** Parameters and results of functions. */
import type { Btf, BtfId, BtfType } from "./btf.ts";
import { resolve } from "./queries.ts";

export interface Parameter {
  /** "" if the prototype has no name for it. */
  readonly name: string;
  /** 0 stands for `...`. */
  readonly typeId: BtfId;
}

/** A typedef of a pointer to a function is three steps away from its prototype, a func one. */
const MAX_STEPS = 3;

/**
 * The prototype behind a func, a func_proto, or a pointer to or typedef of one; undefined for anything else.
 */
function prototype(btf: Btf, id: BtfId): BtfType | undefined {
  let type = resolve(btf, id);
  for (let step = 0; step < MAX_STEPS && (type.kind === "func" || type.kind === "ptr"); step += 1)
    type = resolve(btf, type.typeId ?? 0);
  return type.kind === "func_proto" ? type : undefined;
}

/**
 * Parameters in order; none if it is not a function.
 *
 * @example
 * ```ts
 * import { openKernelBtf, parameters } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const receive = btf.find("tcp_v4_rcv", "func");
 * console.log(parameters(btf, receive?.id ?? 0).map(({ name }) => name));
 * // prints: [ 'skb' ]
 * ```
 */
export function parameters(btf: Btf, id: BtfId): readonly Parameter[] {
  const type = prototype(btf, id);
  if (type === undefined) return [];
  const words = btf.trailing(type.id);
  return Array.from({ length: type.vlen }, (_unused, index) => ({
    name: btf.string(words[2 * index] ?? 0),
    typeId: words[2 * index + 1] ?? 0,
  }));
}

/**
 * The type that a function returns, 0 for void; undefined if it is not a function.
 *
 * @example
 * ```ts
 * import { openKernelBtf, returnType } from "tcpdrop/ebpf";
 *
 * const btf = openKernelBtf();
 * const receive = btf.find("tcp_v4_rcv", "func");
 * console.log(btf.type(returnType(btf, receive?.id ?? 0) ?? 0).name);
 * // prints: int
 * ```
 */
export function returnType(btf: Btf, id: BtfId): BtfId | undefined {
  return prototype(btf, id)?.typeId;
}
