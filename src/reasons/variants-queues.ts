/** Variants at sites that free whole queues, members of other skbs, or copies. */
import type { VariantRow } from "./variant.ts";

/** The reason of a purged queue, and the one before 6.6. */
const PURGED = ["QUEUE_PURGE", "NOT_SPECIFIED"];
const NOTHING = "Nothing to do";

/** Before everything else: the kernel's own socket says what they are. */
export const COPY_VARIANTS: readonly VariantRow[] = [
  {
    id: "any/copy",
    copy: "socket",
    class: "copy",
    meaning: "The copy of a packet socket or raw socket; the packet itself went on.",
    advice: "Only the capture misses it: give it a larger buffer (tcpdump -B) or a filter",
    kernelSource:
      "net/packet/af_packet.c: packet_rcv(), packet_release(); net/ipv4/raw.c: raw_v4_input(): the socket " +
      "that has it is a packet or raw socket (v6.18)",
  },
  {
    id: "any/timestamp-clone",
    copy: "timestamp",
    class: "copy",
    meaning:
      "A clone that would have brought a time stamp to a sender (SO_TIMESTAMPING) whose error queue is full; " +
      "the packet itself went on.",
    advice: "Only the time stamp is missed: the program does not read its error queue (MSG_ERRQUEUE)",
    kernelSource: "net/core/skbuff.c: __skb_complete_tx_timestamp(), sock_queue_err_skb() fails (v6.18)",
  },
];

export const QUEUE_VARIANTS: readonly VariantRow[] = [
  {
    id: "otherhost/vlan-without-device",
    reasons: ["OTHERHOST"],
    ownMac: true,
    class: "loss",
    meaning: "The frame was sent to this interface, in a VLAN that has no device here.",
    advice: "ip -d link show type vlan; tcpdump -eni IFACE vlan shows the tag that arrives",
    kernelSource:
      "net/core/dev.c: __netif_receive_skb_core(), check_vlan_id: sent to this interface, in a VLAN " +
      "without a device here (v6.18)",
  },
  {
    id: "any/frag-list-member",
    symbols: ["skb_release_data"],
    class: "normal",
    meaning: "A member of a merged packet, freed with the skb that stands for it.",
    advice: "Nothing to do: look at the drop of the skb that holds it, if there is one",
    kernelSource:
      "net/core/skbuff.c: skb_release_data(): members of a frag_list, freed with the skb that stands for " +
      "them (v6.18)",
  },
  {
    id: "not-specified/frag-list-member",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["kfree_skb_list_reason", "kfree_skb_list"],
    callers: ["skb_release_data"],
    withoutReasons: true,
    class: "normal",
    meaning: "A member of a merged packet, freed with the skb that stands for it.",
    advice: "Nothing to do: look at the drop of the skb that holds it, if there is one",
    kernelSource:
      "net/core/skbuff.c: skb_release_data(), before 6.2 through kfree_skb_list_reason(): members of a " +
      "frag_list (v6.1)",
  },
  {
    id: "not-specified/out-of-order-queue-of-closed-socket",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["skb_rbtree_purge"],
    withoutReasons: true,
    class: "normal",
    meaning: "Out-of-order data that was still queued when the connection ended.",
    advice: NOTHING,
    kernelSource:
      "net/core/skbuff.c: skb_rbtree_purge(), called only by tcp_fin(), tcp_disconnect(), " +
      "tcp_v4_destroy_sock(), mptcp (v6.18)",
  },
  {
    id: "queue-purge/unaccepted-connection",
    reasons: PURGED,
    symbols: ["tcp_disconnect"],
    callers: ["inet_csk_listen_stop"],
    class: "refused",
    meaning:
      "A listening socket was closed with connections that nobody had accepted: data that this end had " +
      "acknowledged is thrown away, and the peer gets a RST.",
    advice: "A restart under load? Drain first: stop new connections, accept what waits, then close",
    kernelSource: "net/ipv4/inet_connection_sock.c: inet_csk_listen_stop(): tcp_disconnect() (v6.18)",
  },
  {
    id: "queue-purge/mptcp-closed",
    reasons: PURGED,
    symbols: ["mptcp_destroy_common"],
    class: "normal",
    meaning: "An MPTCP socket was closed with data that the application had not read.",
    advice: "Nothing to do; TCP's own sockets do the same silently",
    kernelSource: "net/mptcp/protocol.c: mptcp_destroy_common(), __skb_queue_purge() (v6.18)",
  },
  {
    id: "queue-purge/closed-socket",
    reasons: PURGED,
    symbols: ["sk_stream_kill_queues", "inet_sock_destruct", "tcp_disconnect"],
    class: "normal",
    meaning: "What was still in the queues of a socket when it was destroyed.",
    advice: NOTHING,
    kernelSource:
      "net/core/stream.c: sk_stream_kill_queues(), net/ipv4/af_inet.c: inet_sock_destruct(), " +
      "net/ipv4/tcp.c: tcp_disconnect(): a closed socket (v6.18)",
  },
  {
    id: "queue-purge/error-queue-of-closed-socket",
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    callers: ["sk_stream_kill_queues"],
    class: "normal",
    meaning: "Errors and timestamps that a closed socket had not read.",
    advice: NOTHING,
    kernelSource:
      "net/core/stream.c: sk_stream_kill_queues(): errors and timestamps that a closed socket did not read " +
      "(v6.18)",
  },
  {
    id: "queue-purge/capture-ended",
    reasons: PURGED,
    symbols: ["skb_queue_purge_reason", "skb_queue_purge"],
    callers: ["packet_release", "packet_sock_destruct"],
    class: "copy",
    meaning: "Packets that a capture had not read when it ended; the packets themselves went on.",
    advice: "Only the capture missed them",
    kernelSource:
      "net/packet/af_packet.c: packet_release(), packet_sock_destruct(): unread packets of a capture that " +
      "ended (v6.18)",
  },
  {
    // Also without known callers: the kernel program hides these by itself.
    id: "queue-purge/empty",
    reasons: ["QUEUE_PURGE"],
    skbLen: 0,
    class: "normal",
    meaning: "An skb of a received FIN, whose headers TCP had removed: freed with the closed socket's queue.",
    advice: NOTHING,
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_data_queue() removes the headers: the FIN of a closed connection (v6.18)",
  },
  {
    id: "not-specified/tun-queue-of-ended-program",
    reasons: ["NOT_SPECIFIED"],
    symbols: [
      "tun_ptr_free",
      "__skb_array_destroy_skb",
      "tun_queue_purge",
      "__tun_detach",
      "tun_detach_all",
      "tap_sock_destruct",
    ],
    callers: ["tun_chr_close", "tun_detach_all", "tap_sock_destruct"],
    withoutReasons: true,
    class: "normal",
    meaning:
      "The program behind a tun or tap device ended, or the device was removed; this was in its queue.",
    advice: NOTHING,
    kernelSource:
      "drivers/net/tun.c: tun_queue_purge(), drivers/net/tap.c: tap_sock_destruct(): the program behind " +
      "the device ended, or the device was removed (v6.18)",
  },
  {
    id: "not-specified/packet-socket-full",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["packet_rcv", "tpacket_rcv"],
    withoutReasons: true,
    class: "copy",
    meaning: "A packet capture had no room for its copy; the packet itself went on.",
    advice: "Only the capture misses it: give it a larger buffer (tcpdump -B) or a filter",
    kernelSource:
      "net/packet/af_packet.c: packet_rcv(), tpacket_rcv(), drop_n_acct; PACKET_SOCK_ERROR since 6.8 (v6.1)",
  },
  {
    id: "any/raw-socket-copy",
    symbols: ["raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb"],
    class: "copy",
    meaning: "A raw socket did not take its copy; the packet itself went on.",
    advice: "Only the program with the raw socket misses it: ss -wap",
    kernelSource:
      "net/ipv4/raw.c: raw_v4_input(), net/ipv6/raw.c: ipv6_raw_deliver(): clones for raw sockets; " +
      "IP_ROUTER_ALERT is not TCP (v6.18)",
  },
  {
    id: "not-specified/tbf-segmented",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tbf_enqueue", "tbf_segment"],
    class: "normal",
    meaning: "A large skb that tbf had divided; each of its segments was dropped by itself.",
    advice: "Look at the drops of its segments: QDISC_DROP at the same time",
    kernelSource:
      "net/sched/sch_tbf.c: tbf_segment(): the skb none of whose segments had room; each of them is " +
      "dropped by itself (v6.18)",
  },
];
