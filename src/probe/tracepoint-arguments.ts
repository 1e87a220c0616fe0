/** The arguments of the tracepoint skb:kfree_skb, which differ by kernel: found in BTF, never by version. */

import type { KernelTypes } from "../bpf/index.ts";
import { parameters, pointee, resolve } from "../btf/index.ts";
import { UnsupportedError } from "../errors.ts";

/** Where the tracepoint's arguments are: by name from __bpf_trace_kfree_skb where BTF has it, else by type and order. */
export interface TracepointArguments {
  readonly skb: number;
  readonly location: number;
  readonly reason: number;
  /** Since Linux 6.11. */
  readonly rxSk: number | undefined;
}

export function kfreeSkbArguments(kernel: KernelTypes): TracepointArguments {
  const { btf } = kernel;
  const prototype = btf.find("btf_trace_kfree_skb", "typedef");
  if (prototype === undefined) throw new UnsupportedError("This kernel's BTF has no tracepoint kfree_skb", "tp_btf/kfree_skb", { since: "5.5" });
  // The first parameter is the tracepoint's own data, which programs do not see.
  const types = parameters(btf, prototype.id).slice(1);
  const names = parameters(btf, btf.find("__bpf_trace_kfree_skb", "func")?.id ?? 0)
    .slice(1)
    .map(({ name }) => name);
  const at = (name: string, matches: (typeId: number) => boolean): number | undefined => {
    const byName = names.indexOf(name);
    const index = byName >= 0 ? byName : types.findIndex(({ typeId }) => matches(typeId));
    return index < 0 ? undefined : index;
  };
  const skb = at("skb", (id) => pointee(btf, id)?.name === "sk_buff");
  const location = at("location", (id) => pointee(btf, id)?.kind === "void");
  const reason = at("reason", (id) => resolve(btf, id).name === "skb_drop_reason");
  if (skb === undefined || location === undefined)
    throw new UnsupportedError("The tracepoint kfree_skb of this kernel has other arguments than known ones", "tp_btf/kfree_skb");
  if (reason === undefined)
    throw new UnsupportedError("The tracepoint kfree_skb of this kernel tells no drop reason", "drop reasons", {
      since: "5.17",
      hint: "Use a kernel of 5.17 or later, or one of a distribution that brought drop reasons back.",
    });
  return { skb, location, reason, rxSk: at("rx_sk", (id) => pointee(btf, id)?.name === "sock") };
}
