/** Which drop reasons the running kernel names. */
import { findEnum, openKernelBtf } from "../../../src/btf/index.ts";
import type { DropEvent } from "../../../src/event.ts";

/** Without their prefix. */
export const kernelReasons: ReadonlySet<string> = new Set(
  [...(findEnum(openKernelBtf(), "skb_drop_reason")?.keys() ?? [])].map((name) => name.replace("SKB_DROP_REASON_", "")),
);

/** False before Linux 5.17: then a drop has no reason, or one that its location told. */
export const tellsReasons: boolean = kernelReasons.size > 0;

export function isNamed(reason: string): boolean {
  return kernelReasons.has(reason);
}

/** Functions that drop by tcp_drop(): without reasons it frees by __kfree_skb(), which no tracepoint sees (net/ipv4/tcp_input.c of 5.10). */
const INSIDE_TCP: ReadonlySet<string> = new Set([
  "tcp_ack",
  "tcp_data_queue",
  "tcp_data_queue_ofo",
  "tcp_rcv_established",
  "tcp_rcv_state_process",
  "tcp_rcv_synsent_state_process",
  "tcp_validate_incoming",
]);

/** False where this kernel drops it without a trace. */
export function isTraced({ frame }: { readonly frame: string | readonly string[] }): boolean {
  return tellsReasons || [frame].flat().some((name) => !INSIDE_TCP.has(name));
}

function nameHere(reason: string): string {
  return tellsReasons && !isNamed(reason) ? "NOT_SPECIFIED" : reason;
}

/** Whether a drop has the reason, as far as this kernel tells it. */
export function hasReason(drop: Pick<DropEvent, "reason" | "reasonInferred">, reason: string): boolean {
  return tellsReasons || drop.reasonInferred ? drop.reason === nameHere(reason) : drop.reason === undefined;
}
