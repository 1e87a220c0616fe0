/** Which drop reasons the running kernel names. */
import { KernelTypes } from "../../../src/bpf/index.ts";
import { findEnum, openKernelBtf } from "../../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../../src/capture/kinds/drop/tracepoint-arguments.ts";
import type { DropFacts } from "../../drop-facts.ts";

/** Without their prefix. */
export const kernelReasons: ReadonlySet<string> = new Set(
  [...(findEnum(openKernelBtf(), "skb_drop_reason")?.keys() ?? [])].map((name) =>
    name.replace("SKB_DROP_REASON_", ""),
  ),
);

/** False before Linux 5.17: then a drop has no reason, or one that its location told. */
export const tellsReasons: boolean = kernelReasons.size > 0;

export function isNamed(reason: string): boolean {
  return kernelReasons.has(reason);
}

/**
 * The tracepoint tells the receiving socket (rx_sk): since Linux 6.11. Before, TCP has taken the socket out
 * of the skb, and its state is not known.
 */
export const tellsSocket: boolean = kfreeSkbArguments(new KernelTypes(openKernelBtf())).rxSk !== undefined;

/** The state that a drop should have: unknown where the kernel need not tell it, and did not. */
export function stateHere(
  drop: Pick<DropFacts, "state" | "direction">,
  state: string | undefined,
): string | undefined {
  return !tellsSocket && drop.direction !== "tx" && drop.state === undefined ? undefined : state;
}

/**
 * The network namespace that a drop should have: by the time TCP drops data of a socket (so a state is
 * expected), it has let go of the device and the route too. Of what no socket takes, the device always tells
 * it.
 */
export function netnsHere(
  drop: Pick<DropFacts, "netns" | "direction">,
  state: string | undefined,
  netns: number,
): number | undefined {
  return !tellsSocket && state !== undefined && drop.direction !== "tx" && drop.netns === undefined
    ? undefined
    : netns;
}

/**
 * What kernels do since the change that brought this reason too; `before` on older ones that tell reasons.
 */
export function since<T>(reason: string, now: T, before: T): T {
  return tellsReasons && !isNamed(reason) ? before : now;
}

/**
 * Functions that drop by tcp_drop(): without reasons it frees by __kfree_skb(), which no tracepoint sees
 * (net/ipv4/tcp_input.c of 5.10).
 */
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

/** What this kernel calls it: names that came later are NOT_SPECIFIED. */
export function nameHere(reason: string): string {
  return tellsReasons && !isNamed(reason) ? "NOT_SPECIFIED" : reason;
}

/** Whether a drop has the reason, as far as this kernel tells it. */
export function hasReason(drop: Pick<DropFacts, "reason" | "reasonInferred">, reason: string): boolean {
  return tellsReasons || drop.reasonInferred ? drop.reason === nameHere(reason) : drop.reason === undefined;
}
