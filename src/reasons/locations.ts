/**
 * Where the function that dropped a segment, or what was dropped there, tells more than the reason: plain
 * data.
 *
 * Only rules that hold whenever they match. These places cover harmless and real drops alike, and so have no
 * rule:
 *
 * - tcp_v4_rcv, tcp_v6_rcv with NOT_SPECIFIED, outside TIME_WAIT: the last ACK on a full accept queue (before
 *   6.15) looks like a SYN that was sent again, a deferred accept, or an accepted RST on a half-open
 *   connection.
 * - tcp_v4_do_rcv, tcp_v6_do_rcv with NOT_SPECIFIED before 6.2: data after close(), which is answered with
 *   RST, looks like a connection that a valid SYN cookie could not open.
 * - tun_ptr_free, __skb_array_destroy_skb without a closing caller: what is too much for a txqueuelen that
 *   was lowered.
 * - QUEUE_PURGE elsewhere: neighbours, WireGuard, qdiscs, IPsec and drivers empty queues of what was still to
 *   be sent.
 * - dev_kfree_skb_any_reason, net_tx_action, since 6.3: drivers free what was sent through them, and what
 *   they drop.
 */
import type { DropClass, TcpFlag } from "../model/index.ts";

/** What is known of the segment; absent is undefined, as in DropEvent. */
export interface Segment {
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  /** Bytes. */
  readonly payloadLen: number | undefined;
  /** Bytes of the skb: without headers that were taken off. */
  readonly skbLen?: number | undefined;
  /** Frames, innermost first, also with offset and module. */
  readonly stack?: readonly string[] | undefined;
  /** The frame was sent to the interface that it came in by; told of OTHERHOST alone. */
  readonly ownMac?: boolean | undefined;
}

export interface LocationRule {
  /** Names in CORE; undefined for any reason of any subsystem. */
  readonly reasons?: readonly string[];
  /**
   * Functions that the compiler may leave the call in: callers stand beside what may be inlined into them.
   * Undefined for any.
   */
  readonly symbols?: readonly string[];
  readonly class: DropClass;
  /** Why, with the kernel place that shows it. */
  readonly place: string;
  /**
   * Further conditions; one that cannot be told does not hold, unless it says so. One of these functions is
   * on the stack.
   */
  readonly callers?: readonly string[];
  /** For kernels alone that lack this: a reason's name, or RECEIVING_SOCKET. */
  readonly kernelWithout?: string;
  readonly states?: readonly string[];
  /** A state that is not known holds too. */
  readonly stateMayBeUnknown?: boolean;
  /** Just these. */
  readonly flags?: readonly TcpFlag[];
  readonly withFlag?: TcpFlag;
  readonly withoutFlag?: TcpFlag;
  readonly payloadLen?: number;
  readonly skbLen?: number;
  /**
   * Holds too where the kernel tells no reasons (before 5.17): nothing else is freed there by kfree_skb().
   */
  readonly withoutReasons?: true;
  readonly ownMac?: boolean;
}

/**
 * Stands for the subsystem where the kernel tells no reasons, which is not the same as a code without a name.
 */
export const NO_REASONS = "NONE";

/**
 * Stands for the tracepoint's argument rx_sk, since 6.11: without it the state of a receiving socket is
 * mostly not known.
 */
export const RECEIVING_SOCKET = "rx_sk";

/** A queue that is emptied: its reason, and what that was before 6.6. */
const PURGED = ["QUEUE_PURGE", "NOT_SPECIFIED"];

/** The first rule that matches decides. */
export const LOCATION_RULES: readonly LocationRule[] = [
  {
    // Since 5.19 every other discard of these functions has a reason of its own.
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_rcv_state_process", "tcp_drop_reason"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(), `if (!queued)`: a pure ACK after the peer's FIN, used and freed (v6.18)",
    states: ["CLOSE_WAIT", "CLOSING", "LAST_ACK"],
    stateMayBeUnknown: true,
    withFlag: "ACK",
    payloadLen: 0,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "normal",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: every segment that a TIME_WAIT socket has answered is freed here (v6.18)",
    states: ["TIME_WAIT"],
    withoutFlag: "SYN",
    payloadLen: 0,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "refused",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: a SYN, or data after close(), is answered with ACK or RST (v6.18)",
    states: ["TIME_WAIT"],
  },
  {
    // Who closes first gets the peer's FIN in TIME_WAIT, every time. What else is freed here drops more than
    // a FIN, and that is shown.
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "normal",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait, where the kernel does not tell the socket: the peer's FIN (v6.1)",
    kernelWithout: RECEIVING_SOCKET,
    flags: ["FIN", "ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_RFC7323_TW_PAWS"],
    class: "normal",
    place:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(): nothing in it, and late ACKs overtake each other on several CPUs (v7.3)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_OLD_SEQUENCE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): nothing in it; so tcp_xmit_probe_skb() asks: keep-alive, or a closed window (v6.18)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    // A pure ACK beyond the window looks the same there, so it is not hidden.
    reasons: ["TCP_INVALID_SEQUENCE"],
    class: "duplicate",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): nothing in it; nearly always a keep-alive, or a probe of a closed window (v6.1)",
    kernelWithout: "TCP_OLD_SEQUENCE",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_CLOSE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): a RST for a socket that is in CLOSE, where a RST would put it (v6.18)",
    withFlag: "RST",
  },
  {
    reasons: ["TCP_CLOSE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): nothing in it, and the connection ended on another CPU meanwhile (v6.18)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["OTHERHOST"],
    class: "loss",
    place:
      "net/core/dev.c: __netif_receive_skb_core(), check_vlan_id: sent to this interface, in a VLAN that no device here is in (v6.18)",
    ownMac: true,
  },
  {
    symbols: ["skb_release_data"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_release_data(): members of a frag_list, freed with the skb that stands for them (v6.18)",
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["kfree_skb_list_reason", "kfree_skb_list"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_release_data(), before 6.2 through kfree_skb_list_reason(): members of a frag_list (v6.1)",
    callers: ["skb_release_data"],
    withoutReasons: true,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["skb_rbtree_purge"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_rbtree_purge(), called by tcp_fin(), tcp_disconnect(), tcp_v4_destroy_sock() and mptcp alone (v6.18)",
    withoutReasons: true,
  },
  {
    reasons: PURGED,
    symbols: ["sk_stream_kill_queues", "inet_sock_destruct", "tcp_disconnect"],
    class: "normal",
    place:
      "net/core/stream.c: sk_stream_kill_queues(), net/ipv4/af_inet.c: inet_sock_destruct(), net/ipv4/tcp.c: tcp_disconnect(): a closed socket (v6.18)",
  },
  {
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    class: "normal",
    place:
      "net/core/stream.c: sk_stream_kill_queues(): errors and timestamps that a closed socket has not asked for (v6.18)",
    callers: ["sk_stream_kill_queues"],
  },
  {
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    class: "copy",
    place:
      "net/packet/af_packet.c: packet_release(), packet_sock_destruct(): what a capture had not read when it ended (v6.18)",
    callers: ["packet_release", "packet_sock_destruct"],
  },
  {
    // Where the callers cannot be told, too: the kernel program hides these by itself.
    reasons: ["QUEUE_PURGE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_data_queue() takes off the headers of what it queues: the FIN of a closed connection (v6.18)",
    skbLen: 0,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: [
      "tun_ptr_free",
      "__skb_array_destroy_skb",
      "tun_queue_purge",
      "__tun_detach",
      "tun_detach_all",
      "tap_sock_destruct",
    ],
    class: "normal",
    place:
      "drivers/net/tun.c: tun_queue_purge(), drivers/net/tap.c: tap_sock_destruct(): the program behind the device went, or the device (v6.18)",
    callers: ["tun_chr_close", "tun_detach_all", "tap_sock_destruct"],
    withoutReasons: true,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["packet_rcv", "tpacket_rcv"],
    class: "copy",
    place:
      "net/packet/af_packet.c: packet_rcv(), tpacket_rcv(), drop_n_acct; PACKET_SOCK_ERROR since 6.8 (v6.1)",
    withoutReasons: true,
  },
  {
    symbols: ["raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb"],
    class: "copy",
    place:
      "net/ipv4/raw.c: raw_v4_input(), net/ipv6/raw.c: ipv6_raw_deliver(): clones for raw sockets; IP_ROUTER_ALERT is no TCP (v6.18)",
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tbf_enqueue", "tbf_segment"],
    class: "normal",
    place:
      "net/sched/sch_tbf.c: tbf_segment(): the skb whose segments all had no room, each of which is dropped by itself (v6.18)",
  },
  {
    reasons: ["NO_SOCKET"],
    symbols: ["cookie_v4_check", "cookie_v6_check"],
    class: "loss",
    place:
      "net/ipv4/syncookies.c: cookie_v4_check(), out_drop: a right SYN cookie met a full accept queue, and no RST is sent (v6.18)",
  },
];
