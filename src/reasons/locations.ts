/**
 * Sites where the function that dropped a segment, or the segment itself, says more than the reason: plain
 * data.
 *
 * Only rules that hold whenever they match. These sites cover both harmless and real drops, and so have no
 * rule:
 *
 * - tcp_v4_rcv, tcp_v6_rcv with NOT_SPECIFIED, outside TIME_WAIT: the last ACK on a full accept queue (before
 *   6.15) looks like a repeated SYN, a deferred accept, or an accepted RST on a half-open connection.
 * - tcp_v4_do_rcv, tcp_v6_do_rcv with NOT_SPECIFIED before 6.2: data after close(), which is answered with a
 *   RST, looks like a connection that a valid SYN cookie could not open.
 * - tun_ptr_free, __skb_array_destroy_skb without a closing caller: packets beyond a lowered txqueuelen.
 * - QUEUE_PURGE elsewhere: neighbours, WireGuard, qdiscs, IPsec and drivers purge queues of packets to be
 *   sent.
 * - dev_kfree_skb_any_reason, net_tx_action, since 6.3: drivers free both sent and dropped packets there.
 */
import type { DropClass, TcpFlag } from "../model/index.ts";

/** What is known about the segment; absent is undefined, as in DropEvent. */
export interface Segment {
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  /** Bytes. */
  readonly payloadLen: number | undefined;
  /** Bytes of the skb, without the headers that were removed. */
  readonly skbLen?: number | undefined;
  /** Frames, innermost first, possibly with offset and module. */
  readonly stack?: readonly string[] | undefined;
  /** The frame was sent to the interface on which it arrived; known for OTHERHOST only. */
  readonly ownMac?: boolean | undefined;
}

export interface LocationRule {
  /** Names in CORE; undefined for any reason of any subsystem. */
  readonly reasons?: readonly string[];
  /**
   * Functions that may contain the call: the function itself, and callers into which it may be inlined.
   * Undefined for any.
   */
  readonly symbols?: readonly string[];
  readonly class: DropClass;
  /** Why, with the kernel source that shows it. */
  readonly place: string;
  /**
   * This and the following are further conditions. One that cannot be evaluated does not hold, unless it says
   * so. One of these functions is on the stack.
   */
  readonly callers?: readonly string[];
  /** Only for kernels without this: the name of a reason, or RECEIVING_SOCKET. */
  readonly kernelWithout?: string;
  readonly states?: readonly string[];
  /** An unknown state also matches. */
  readonly stateMayBeUnknown?: boolean;
  /** Exactly these. */
  readonly flags?: readonly TcpFlag[];
  readonly withFlag?: TcpFlag;
  readonly withoutFlag?: TcpFlag;
  readonly payloadLen?: number;
  readonly skbLen?: number;
  /**
   * Also holds where the kernel gives no reasons (before 5.17): kfree_skb() frees nothing else there.
   */
  readonly withoutReasons?: true;
  readonly ownMac?: boolean;
}

/**
 * The subsystem on kernels that give no reasons, which is not the same as a code without a name.
 */
export const NO_REASONS = "NONE";

/**
 * Stands for the tracepoint's argument rx_sk, since 6.11: without it, the state of a receiving socket is
 * usually unknown.
 */
export const RECEIVING_SOCKET = "rx_sk";

/** The reason of a purged queue, and the one before 6.6. */
const PURGED = ["QUEUE_PURGE", "NOT_SPECIFIED"];

/**
 * The first rule that matches decides.
 *
 * @example
 * ```ts
 * import { LOCATION_RULES } from "tcpdrop/reasons";
 *
 * console.log(LOCATION_RULES.every(({ symbols, reasons }) => symbols !== undefined || reasons !== undefined));
 * // prints: true
 * ```
 */
export const LOCATION_RULES: readonly LocationRule[] = [
  {
    // Since 5.19 all other drops of these functions have a reason of their own.
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_rcv_state_process", "tcp_drop_reason"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(), `if (!queued)`: a pure ACK after the peer's FIN, " +
      "processed and freed (v6.18)",
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
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: frees every segment that a TIME_WAIT socket " +
      "answered (v6.18)",
    states: ["TIME_WAIT"],
    withoutFlag: "SYN",
    payloadLen: 0,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "refused",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: a SYN, or data after close(), is answered with ACK " +
      "or RST (v6.18)",
    states: ["TIME_WAIT"],
  },
  {
    // Whoever closes first always gets the peer's FIN in TIME_WAIT. Other causes here drop more than a FIN,
    // and those drops are shown.
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_v4_rcv", "tcp_v6_rcv"],
    class: "normal",
    place: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait, without rx_sk: the peer's FIN (v6.1)",
    kernelWithout: RECEIVING_SOCKET,
    flags: ["FIN", "ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_RFC7323_TW_PAWS"],
    class: "normal",
    place:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(): an empty segment; late ACKs overtake each " +
      "other on several CPUs (v7.3)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_OLD_SEQUENCE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): an empty segment, as tcp_xmit_probe_skb() sends: keep-alive, " +
      "or closed window (v6.18)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    // A pure ACK beyond the window looks the same, so it is not hidden.
    reasons: ["TCP_INVALID_SEQUENCE"],
    class: "duplicate",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): an empty segment: nearly always a keep-alive, or a probe of a " +
      "closed window (v6.1)",
    kernelWithout: "TCP_OLD_SEQUENCE",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["TCP_CLOSE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): a RST for a socket that is already in CLOSE (v6.18)",
    withFlag: "RST",
  },
  {
    reasons: ["TCP_CLOSE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): an empty segment, and the connection ended on " +
      "another CPU (v6.18)",
    flags: ["ACK"],
    payloadLen: 0,
  },
  {
    reasons: ["OTHERHOST"],
    class: "loss",
    place:
      "net/core/dev.c: __netif_receive_skb_core(), check_vlan_id: sent to this interface, in a VLAN " +
      "without a device here (v6.18)",
    ownMac: true,
  },
  {
    symbols: ["skb_release_data"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_release_data(): members of a frag_list, freed with the skb that stands for " +
      "them (v6.18)",
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["kfree_skb_list_reason", "kfree_skb_list"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_release_data(), before 6.2 through kfree_skb_list_reason(): members of a " +
      "frag_list (v6.1)",
    callers: ["skb_release_data"],
    withoutReasons: true,
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["skb_rbtree_purge"],
    class: "normal",
    place:
      "net/core/skbuff.c: skb_rbtree_purge(), called only by tcp_fin(), tcp_disconnect(), " +
      "tcp_v4_destroy_sock(), mptcp (v6.18)",
    withoutReasons: true,
  },
  {
    reasons: PURGED,
    symbols: ["sk_stream_kill_queues", "inet_sock_destruct", "tcp_disconnect"],
    class: "normal",
    place:
      "net/core/stream.c: sk_stream_kill_queues(), net/ipv4/af_inet.c: inet_sock_destruct(), " +
      "net/ipv4/tcp.c: tcp_disconnect(): a closed socket (v6.18)",
  },
  {
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    class: "normal",
    place:
      "net/core/stream.c: sk_stream_kill_queues(): errors and timestamps that a closed socket did not read " +
      "(v6.18)",
    callers: ["sk_stream_kill_queues"],
  },
  {
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    class: "copy",
    place:
      "net/packet/af_packet.c: packet_release(), packet_sock_destruct(): unread packets of a capture that " +
      "ended (v6.18)",
    callers: ["packet_release", "packet_sock_destruct"],
  },
  {
    // Also without known callers: the kernel program hides these by itself.
    reasons: ["QUEUE_PURGE"],
    class: "normal",
    place:
      "net/ipv4/tcp_input.c: tcp_data_queue() removes the headers: the FIN of a closed connection (v6.18)",
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
      "drivers/net/tun.c: tun_queue_purge(), drivers/net/tap.c: tap_sock_destruct(): the program behind " +
      "the device ended, or the device was removed (v6.18)",
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
      "net/ipv4/raw.c: raw_v4_input(), net/ipv6/raw.c: ipv6_raw_deliver(): clones for raw sockets; " +
      "IP_ROUTER_ALERT is not TCP (v6.18)",
  },
  {
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tbf_enqueue", "tbf_segment"],
    class: "normal",
    place:
      "net/sched/sch_tbf.c: tbf_segment(): the skb none of whose segments had room; each of them is " +
      "dropped by itself (v6.18)",
  },
  {
    reasons: ["NO_SOCKET"],
    symbols: ["cookie_v4_check", "cookie_v6_check"],
    class: "loss",
    place:
      "net/ipv4/syncookies.c: cookie_v4_check(), out_drop: a valid SYN cookie met a full accept queue; no " +
      "RST is sent (v6.18)",
  },
];
