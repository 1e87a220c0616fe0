/** The arguments of the tracepoint skb:kfree_skb, which differ by kernel: found in BTF, never by version. */

import type { KernelTypes } from "../../../bpf/index.ts";
import { parameters, pointee, resolve } from "../../../btf/index.ts";
import { UnsupportedError } from "../../../errors.ts";

/**
 * Where the tracepoint's arguments are: by name where BTF has a function that names them, else by type and
 * order.
 */
export interface TracepointArguments {
  readonly skb: number;
  readonly location: number;
  /** Since Linux 5.17, and earlier where a distribution brought it back. */
  readonly reason: number | undefined;
  /** Since Linux 6.11. */
  readonly rxSk: number | undefined;
}

export function kfreeSkbArguments(kernel: KernelTypes): TracepointArguments {
  const { btf } = kernel;
  const prototype = btf.find("btf_trace_kfree_skb", "typedef");
  if (prototype === undefined)
    throw new UnsupportedError("This kernel's BTF has no tracepoint kfree_skb", "tp_btf/kfree_skb", {
      since: "5.5",
    });
  // The first parameter is the tracepoint's own data, which programs do not see.
  const types = parameters(btf, prototype.id).slice(1);
  const names = argumentNames(kernel);
  const at = (name: string, matches: (typeId: number) => boolean): number | undefined => {
    const byName = names.indexOf(name);
    const index = byName >= 0 ? byName : types.findIndex(({ typeId }) => matches(typeId));
    return index < 0 ? undefined : index;
  };
  const skb = at("skb", (id) => pointee(btf, id)?.name === "sk_buff");
  const location = at("location", (id) => pointee(btf, id)?.kind === "void");
  const reason = at("reason", (id) => resolve(btf, id).name === "skb_drop_reason");
  if (skb === undefined || location === undefined)
    throw new UnsupportedError(
      "The tracepoint kfree_skb of this kernel has other arguments than known ones",
      "tp_btf/kfree_skb",
    );
  return { skb, location, reason, rxSk: at("rx_sk", (id) => pointee(btf, id)?.name === "sock") };
}

/**
 * The prototype in the typedef names nothing, so they are taken from a function with the same parameters:
 * __bpf_trace_kfree_skb(), which BTF lacks where pahole left out what cannot be traced (5.10), or
 * __traceiter_kfree_skb().
 */
function argumentNames({ btf }: KernelTypes): readonly string[] {
  const func = btf.find("__bpf_trace_kfree_skb", "func") ?? btf.find("__traceiter_kfree_skb", "func");
  return parameters(btf, func?.id ?? 0)
    .slice(1)
    .map(({ name }) => name);
}
