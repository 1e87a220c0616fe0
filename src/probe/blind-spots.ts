/**
 * What nobody can see on this kernel by tp_btf/kfree_skb: sentences for doctor, for the start of a trace and for its summary.
 *
 * tcp_drop() was TCP's own way to drop until Linux 5.18: it counts in sk_drops and calls __kfree_skb(), which has no tracepoint
 * (net/ipv4/tcp_input.c of 5.10). Since then tcp_drop_reason() calls kfree_skb_reason(); the reasons that came with it tell, as the
 * functions may be inlined, and releases may be anything. Where tcp_drop() is a function of its own, a probe on it can show these drops:
 * it would be attached beside the tracepoint in tracer.ts, and its sentence fall away here.
 */
import type { KernelTypes } from "../bpf/index.ts";
import { findEnum } from "../btf/index.ts";
import { kfreeSkbArguments } from "./tracepoint-arguments.ts";

/** 082116ffcb74: the first reason that tcp_data_queue() gave to tcp_drop_reason(). */
const FIRST_OF_TCP = "SKB_DROP_REASON_TCP_OLD_DATA";

export function blindSpots(kernel: KernelTypes): readonly string[] {
  const spots: string[] = [];
  if (kfreeSkbArguments(kernel).reason === undefined)
    spots.push("this kernel tells no drop reasons: the location says where, and a reason marked as inferred follows from it alone.");
  if (findEnum(kernel.btf, "skb_drop_reason")?.has(FIRST_OF_TCP) !== true) spots.push(insideTcp(kernel));
  return Object.freeze(spots);
}

function insideTcp({ btf }: KernelTypes): string {
  const how = btf.find("tcp_drop", "func") === undefined ? "tcp_drop() is inlined" : "tcp_drop() is not traced by this version";
  return `what TCP drops of its connections (old data, out of window, PAWS, a wrong ACK, ...) frees the skb without a tracepoint on this kernel, and ${how}: nstat counts it.`;
}
