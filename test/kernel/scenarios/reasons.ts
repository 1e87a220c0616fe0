/** The drop reasons of the running kernel. */
import { KernelTypes } from "../../../src/bpf/index.ts";
import { findEnum, openKernelBtf } from "../../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../../src/capture/kinds/drop/tracepoint-arguments.ts";
import type { DropClass } from "../../../src/model/index.ts";
import type { DropFacts } from "../../drop-facts.ts";

/** Without their prefix. */
export const kernelReasons: ReadonlySet<string> = new Set(
  [...(findEnum(openKernelBtf(), "skb_drop_reason")?.keys() ?? [])].map((name) =>
    name.replace("SKB_DROP_REASON_", ""),
  ),
);

/** False before Linux 5.17: then a drop has no reason, or one inferred from its location. */
export const givesReasons: boolean = kernelReasons.size > 0;

export function isNamed(reason: string): boolean {
  return kernelReasons.has(reason);
}

/**
 * The tracepoint has the receiving socket (rx_sk) since Linux 6.11. Before, TCP has removed the socket from
 * the skb, and its state is unknown.
 */
export const givesSocket: boolean = kfreeSkbArguments(new KernelTypes(openKernelBtf())).rxSk !== undefined;

/** The state that a drop should have: unknown if the kernel may omit it, and did. */
export function stateHere(
  drop: Pick<DropFacts, "state" | "direction">,
  state: string | undefined,
): string | undefined {
  return !givesSocket && drop.direction !== "tx" && drop.state === undefined ? undefined : state;
}

/**
 * The network namespace that a drop should have: when TCP drops data of a socket (so a state is expected), it
 * has released the device and the route too. Without a socket, the device always has it.
 */
export function netnsHere(
  drop: Pick<DropFacts, "netns" | "direction">,
  state: string | undefined,
  netns: number,
): number | undefined {
  return !givesSocket && state !== undefined && drop.direction !== "tx" && drop.netns === undefined
    ? undefined
    : netns;
}

/**
 * The behaviour since the change that also brought this reason; `before` on older kernels with reasons.
 */
export function since<T>(reason: string, now: T, before: T): T {
  return givesReasons && !isNamed(reason) ? before : now;
}

/**
 * Functions that drop with tcp_drop(): without reasons it frees with __kfree_skb(), which has no tracepoint
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

/** False if this kernel drops it without a tracepoint. */
export function isTraced({ frame }: { readonly frame: string | readonly string[] }): boolean {
  return givesReasons || [frame].flat().some((name) => !INSIDE_TCP.has(name));
}

/** The name in this kernel: newer names are NOT_SPECIFIED. */
export function nameHere(reason: string): string {
  return givesReasons && !isNamed(reason) ? "NOT_SPECIFIED" : reason;
}

/** Whether a drop has the reason, as far as this kernel gives it. */
export function hasReason(drop: Pick<DropFacts, "reason" | "reasonInferred">, reason: string): boolean {
  return givesReasons || drop.reasonInferred ? drop.reason === nameHere(reason) : drop.reason === undefined;
}

/**
 * What a drop in tcp_check_req() means here: since 6.15 its other causes have names, since 6.11 the listener is
 * known.
 */
export function halfOpenVariant(variant: string, dropClass: DropClass, unverified = `${variant}-unverified`) {
  if (isNamed("TCP_LISTEN_OVERFLOW")) return { variant, class: dropClass } as const;
  return givesSocket
    ? ({ variant: unverified, class: unverified === "last-ack" ? "loss" : dropClass } as const)
    : ({ class: "loss" } as const);
}
