/**
 * Reasons implied by the function that freed the skb, for kernels that give none (before 5.17): plain data.
 *
 * Only functions that free for exactly one reason, whatever the compiler inlined into them. The names are
 * those that newer kernels give at the same site. Most functions free for several reasons, and have no row:
 *
 * - tcp_v4_rcv, tcp_v6_rcv: no socket, wrong checksums, policies, filters, full backlogs
 * - ip_rcv_core, ip6_rcv_core, ip_rcv_finish_core, ip_forward, ip6_forward, __netif_receive_skb_core: several
 *   checks each
 * - kfree_skb_list: queues, but also failed segmentation, or a missing device: it depends on the caller
 */

import { bareSymbol } from "./match.ts";

export interface InferredReason {
  /** In CORE. */
  readonly reason: string;
  /** Functions that call kfree_skb(). */
  readonly symbols: readonly string[];
  /** If given, the caller of that function, according to the stack, must be one of these. */
  readonly callers?: readonly string[];
  /** The kernel source that makes it certain: file, function and release. */
  readonly kernelSource: string;
}

export const INFERRED_REASONS: readonly InferredReason[] = [
  {
    reason: "NETFILTER_DROP",
    symbols: ["nf_hook_slow"],
    kernelSource: "net/netfilter/core.c: nf_hook_slow(), NF_DROP is the only verdict that frees (v5.10)",
  },
  {
    reason: "QDISC_DROP",
    symbols: ["kfree_skb_list"],
    callers: ["__dev_xmit_skb"],
    kernelSource: "net/core/dev.c: __dev_xmit_skb(): to_free, for which the qdisc had no room (v5.10)",
  },
  {
    reason: "IP_OUTNOROUTES",
    symbols: ["__ip_queue_xmit"],
    kernelSource: "net/ipv4/ip_output.c: __ip_queue_xmit(), no_route (v5.10)",
  },
  {
    reason: "NEIGH_FAILED",
    symbols: ["arp_error_report", "ndisc_error_report"],
    kernelSource:
      "net/ipv4/arp.c: arp_error_report(), net/ipv6/ndisc.c: ndisc_error_report(): the next hop did not " +
      "answer (v5.10)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["skb_queue_purge"],
    kernelSource: "net/core/skbuff.c: skb_queue_purge(): gives this reason since 6.6 (v5.10)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["inet_sock_destruct", "sk_stream_kill_queues", "tcp_disconnect"],
    kernelSource:
      "net/ipv4/af_inet.c: inet_sock_destruct(): inlined __skb_queue_purge(); nothing else calls " +
      "kfree_skb() (v5.10)",
  },
];

const bySymbol = new Map<string, readonly InferredReason[]>();
for (const row of INFERRED_REASONS)
  for (const symbol of row.symbols) bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), row]);

/**
 * The reason implied by a location; undefined where it is not certain. `location` and `stack` (innermost
 * first) are as in events: "nf_hook_slow+0x4a".
 */
export function inferReason(location: string, stack: readonly string[] | undefined): string | undefined {
  const symbol = bareSymbol(location);
  return bySymbol
    .get(symbol)
    ?.find(({ callers }) => callers === undefined || callers.includes(callerOf(symbol, stack)))?.reason;
}

/** The frame after that of the function; "" if there is none. */
function callerOf(symbol: string, stack: readonly string[] = []): string {
  const at = stack.findIndex((frame) => bareSymbol(frame) === symbol);
  return at < 0 ? "" : bareSymbol(stack[at + 1] ?? "");
}
