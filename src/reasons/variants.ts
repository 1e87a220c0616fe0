/**
 * The variants of all reasons, and the one of a drop.
 *
 * Only rows that hold whenever they match. These sites cover both harmless and real drops, and so have no
 * row:
 *
 * - tcp_v4_rcv, tcp_v6_rcv with NOT_SPECIFIED, before 6.11 and outside TIME_WAIT: without the receiving
 *   socket the last ACK on a full accept queue looks like a deferred accept, or like an ACK to TIME_WAIT.
 * - tcp_v4_do_rcv, tcp_v6_do_rcv with NOT_SPECIFIED before 6.2: data after close(), which is answered with a
 *   RST, looks like a connection that a valid SYN cookie could not open.
 * - tun_ptr_free, __skb_array_destroy_skb without a closing caller: packets beyond a lowered txqueuelen.
 * - QUEUE_PURGE elsewhere: neighbours, WireGuard, qdiscs, IPsec and drivers purge queues of packets to be
 *   sent.
 * - dev_kfree_skb_any_reason, net_tx_action, since 6.3: drivers free both sent and dropped packets there.
 */
import type { DropClass } from "../model/index.ts";
import { bareSymbol, isUnconditional, segmentMatches, siteMatches } from "./match.ts";
import { reasonRow, variantOfReason } from "./rows.ts";
import type { KernelHas, Segment, VariantRow } from "./variant.ts";
import { HANDSHAKE_VARIANTS } from "./variants-handshake.ts";
import { NETFILTER_VARIANTS } from "./variants-netfilter.ts";
import { COPY_VARIANTS, QUEUE_VARIANTS } from "./variants-queues.ts";
import { ROUTING_VARIANTS } from "./variants-routing.ts";
import { TCP_VARIANTS } from "./variants-tcp.ts";

/**
 * The rows with conditions: the first one that matches is the variant.
 *
 * @example
 * ```ts
 * import { VARIANTS } from "tcpdrop/reasons";
 *
 * console.log(VARIANTS.find(({ symbols }) => symbols?.includes("cookie_v4_check"))?.id);
 * // prints: no-socket/syn-cookie-accept-queue-full
 * ```
 */
export const VARIANTS: readonly VariantRow[] = [
  ...COPY_VARIANTS,
  ...HANDSHAKE_VARIANTS,
  ...NETFILTER_VARIANTS,
  ...TCP_VARIANTS,
  ...ROUTING_VARIANTS,
  ...QUEUE_VARIANTS,
];

/**
 * The variants that a drop may be of, for a reason at a location ("tcp_v4_rcv", possibly with an offset or a
 * suffix of the compiler), in order: the last one has no condition left.
 */
export function variantsAt(
  reason: string | undefined,
  subsystem: string | undefined,
  location: string,
  kernelHas: KernelHas,
): readonly VariantRow[] {
  const name = { reason, subsystem, symbol: bareSymbol(location) };
  const rows = VARIANTS.filter((row) => siteMatches(row, name, kernelHas));
  const first = rows.findIndex(isUnconditional);
  return first < 0 ? [...rows, variantOfReason(reasonRow(reason, subsystem))] : rows.slice(0, first + 1);
}

/** The first of the variants that matches; they are those of variantsAt(). */
export function variantOf<V extends VariantRow>(variants: readonly V[], segment: Segment): V {
  // The last one has no condition.
  return (variants.find((row) => segmentMatches(row, segment)) ?? variants.at(-1)) as V;
}

/** The class of all drops at a site with these variants, copies aside; undefined where it depends on the drop. */
export function classOfAll(variants: readonly VariantRow[]): DropClass | undefined {
  const classes = new Set(variants.flatMap((row) => (row.copy !== undefined ? [] : [row.class])));
  return classes.size === 1 ? variants.at(-1)?.class : undefined;
}

/** Core reasons of which a caller decides the class, so that it needs a stack. */
export function reasonsWithCallers(): readonly string[] {
  return [
    ...new Set(VARIANTS.flatMap(({ callers, reasons }) => (callers === undefined ? [] : (reasons ?? [])))),
  ];
}
