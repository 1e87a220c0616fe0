/** The input function of a received skb's route: ip_forward and ip6_forward say that it was to be forwarded. */
import {
  type Builder,
  type KernelTypes,
  type Pointer,
  readOnlyCast,
  type Scalar,
} from "../../../bpf/index.ts";
import type { HeaderAccess } from "../../core/header-reader.ts";
import { dstEntry, routeOf, type skBuff } from "../../core/kernel-structs.ts";

export interface RouteEvent {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  readonly access: HeaderAccess;
  readonly skb: Pointer<typeof skBuff>;
}

/** `use` gets it where there is a route. */
export function routeInput({ b, kernel, access, skb }: RouteEvent, use: (input: Scalar) => void): void {
  const route = b.keep(routeOf(skb), "dst_entry");
  b.if(route.notZero(), () => {
    const typed = access === "direct" ? readOnlyCast(b, kernel, dstEntry, route) : undefined;
    const { input } = typed ?? kernel.point(dstEntry, route.expression, "probe");
    use(typed === undefined ? b.keep(input, "dst_entry.input") : input);
  });
}
