/**
 * Where the function that dropped a segment tells more than the reason: plain data.
 *
 * Only rules that hold whenever they match. These places cover harmless and real drops alike, and so have no rule:
 *
 * - tcp_v4_rcv, tcp_v6_rcv with NOT_SPECIFIED, outside TIME_WAIT: the last ACK on a full accept queue (before 6.15) looks like a SYN
 *   that was sent again, a deferred accept, or an accepted RST on a half-open connection.
 * - tun_ptr_free, __skb_array_destroy_skb: the queue of a closed tun device, and what is too much for a txqueuelen that was lowered.
 * - kfree_skb_list_reason: before 6.2 the members of a GRO frag_list, but also what qdiscs and failed segmentation drop.
 * - skb_queue_purge, skb_queue_purge_reason: they have many callers, and the location does not name them.
 * - dev_kfree_skb_any_reason, net_tx_action, since 6.3: drivers free what was sent through them, and what they drop.
 */
import type { DropClass, TcpFlag } from "../event.ts";

/** What is known of the segment; absent is undefined, as in DropEvent. */
export interface Segment {
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  /** Bytes. */
  readonly payloadLen: number | undefined;
}

export interface LocationRule {
  /** A name in CORE; undefined for any reason of any subsystem. */
  readonly reason: string | undefined;
  /** Functions that the compiler may leave the call in: callers stand beside what may be inlined into them. */
  readonly symbols: readonly string[];
  readonly class: DropClass;
  /** Why, with the kernel place that shows it. */
  readonly place: string;
  /** Further conditions; one that cannot be told does not hold, unless it says so. */
  readonly states?: readonly string[];
  /** A state that is not known holds too. */
  readonly stateMayBeUnknown?: boolean;
  readonly withFlag?: TcpFlag;
  readonly withoutFlag?: TcpFlag;
  readonly payloadLen?: number;
}

/** The first rule that matches decides. */
export const LOCATION_RULES: readonly LocationRule[] = [
  {
    // Since 5.19 every other discard of these functions has a reason of its own.
    reason: "NOT_SPECIFIED",
    symbols: ["tcp_rcv_state_process", "tcp_drop_reason"],
    class: "normal",
    place: "net/ipv4/tcp_input.c: tcp_rcv_state_process(), `if (!queued)`: a pure ACK after the peer's FIN, used and freed (v6.18)",
    states: ["CLOSE_WAIT", "CLOSING", "LAST_ACK"],
    stateMayBeUnknown: true,
    withFlag: "ACK",
    payloadLen: 0,
  },
  {
    // A SYN may be the beginning of a new connection, and data after close() is answered with RST: neither is hidden.
    reason: "NOT_SPECIFIED",
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "normal",
    place: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: every segment that a TIME_WAIT socket has answered is freed here (v6.18)",
    states: ["TIME_WAIT"],
    withoutFlag: "SYN",
    payloadLen: 0,
  },
  {
    reason: undefined,
    symbols: ["skb_release_data"],
    class: "normal",
    place: "net/core/skbuff.c: skb_release_data(): members of a frag_list, freed with the skb that stands for them (v6.18)",
  },
  {
    reason: "NOT_SPECIFIED",
    symbols: ["skb_rbtree_purge"],
    class: "normal",
    place: "net/core/skbuff.c: skb_rbtree_purge(), called by tcp_fin(), tcp_disconnect(), tcp_v4_destroy_sock() and mptcp alone (v6.18)",
  },
  {
    reason: "NOT_SPECIFIED",
    symbols: ["inet_sock_destruct", "sk_stream_kill_queues", "tcp_disconnect"],
    class: "normal",
    place: "net/ipv4/af_inet.c: inet_sock_destruct(), net/ipv4/tcp.c: tcp_disconnect(): queues of a closed socket; later QUEUE_PURGE (v6.1)",
  },
  {
    reason: "NOT_SPECIFIED",
    symbols: ["packet_rcv", "tpacket_rcv"],
    class: "copy",
    place: "net/packet/af_packet.c: packet_rcv(), tpacket_rcv(), drop_n_acct; PACKET_SOCK_ERROR since 6.8 (v6.1)",
  },
  {
    reason: undefined,
    symbols: ["raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb"],
    class: "copy",
    place: "net/ipv4/raw.c: raw_v4_input(), net/ipv6/raw.c: ipv6_raw_deliver(): clones for raw sockets; IP_ROUTER_ALERT is no TCP (v6.18)",
  },
  {
    reason: "NOT_SPECIFIED",
    symbols: ["tbf_enqueue", "tbf_segment"],
    class: "normal",
    place: "net/sched/sch_tbf.c: tbf_segment(): the skb whose segments all had no room, each of which is dropped by itself (v6.18)",
  },
  {
    reason: "NO_SOCKET",
    symbols: ["cookie_v4_check", "cookie_v6_check"],
    class: "loss",
    place: "net/ipv4/syncookies.c: cookie_v4_check(), out_drop: a right SYN cookie met a full accept queue, and no RST is sent (v6.18)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["neigh_flush_one", "neigh_flush_dev", "__neigh_ifdown", "neigh_destroy", "neigh_invalidate", "neigh_update_process_arp_queue", "__neigh_update"],
    class: "loss",
    place: "net/core/neighbour.c: what waited for the link address of the next hop and was not sent (v6.18)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["wg_packet_purge_staged_packets"],
    class: "loss",
    place: "drivers/net/wireguard/send.c: what waited for a handshake that the peer did not answer (v6.18)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["qdisc_reset"],
    class: "loss",
    place: "net/sched/sch_generic.c: qdisc_reset(): what had been handed back by the device, when the qdisc was replaced (v6.18)",
  },
  {
    reason: "QUEUE_PURGE",
    symbols: ["xennet_poll"],
    class: "loss",
    place: "drivers/net/xen-netfront.c: xennet_poll(): received packets with errors (v6.18)",
  },
];

const rulesBySymbol = new Map<string, readonly LocationRule[]>();
for (const rule of LOCATION_RULES) for (const symbol of rule.symbols) rulesBySymbol.set(symbol, [...(rulesBySymbol.get(symbol) ?? []), rule]);

/** The class by the first rule that matches; undefined where none does. */
export function classAtLocation(reason: string | undefined, subsystem: string, location: string, segment: Segment | undefined): DropClass | undefined {
  const rules = rulesBySymbol.get(bareSymbol(location));
  return rules?.find((rule) => reasonMatches(rule, reason, subsystem) && segmentMatches(rule, segment))?.class;
}

/** "neigh_flush_dev.isra.0+0x5c [module]" is neigh_flush_dev: offset, module and what the compiler appends are cut off. */
export function bareSymbol(location: string): string {
  return /^[^.+ ]*/.exec(location)?.[0] ?? location;
}

function reasonMatches(rule: LocationRule, reason: string | undefined, subsystem: string): boolean {
  return rule.reason === undefined || (subsystem === "CORE" && rule.reason === reason);
}

function segmentMatches(rule: LocationRule, segment: Segment | undefined): boolean {
  const flags = segment?.flags;
  return (
    stateMatches(rule, segment?.state) &&
    (rule.withFlag === undefined || flags?.includes(rule.withFlag) === true) &&
    (rule.withoutFlag === undefined || flags?.includes(rule.withoutFlag) === false) &&
    (rule.payloadLen === undefined || rule.payloadLen === segment?.payloadLen)
  );
}

function stateMatches(rule: LocationRule, state: string | undefined): boolean {
  if (rule.states === undefined) return true;
  return state === undefined ? rule.stateMayBeUnknown === true : rule.states.includes(state);
}
