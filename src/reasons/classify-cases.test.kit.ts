/** Drops and their classes, decided by the location, the state, the segment or the callers. */
import type { TcpFlag } from "../model/index.ts";
import { type classify, type KernelHas, RECEIVING_SOCKET, type Segment } from "./index.ts";

const segment = (
  state: string | undefined,
  flags: readonly TcpFlag[] | undefined,
  payloadLen: number | undefined,
): Segment => ({ state, flags, payloadLen });
const under = (...stack: readonly string[]): Segment => ({ ...segment("CLOSE", ["ACK"], 5), stack });
const ACK = segment("CLOSE_WAIT", ["ACK"], 0);
const KEEP_ALIVE = segment("ESTABLISHED", ["ACK"], 0);
/** Like Linux 6.1: without rx_sk and TCP_OLD_SEQUENCE. */
const OLD: KernelHas = new Set(["NOT_SPECIFIED", "TCP_INVALID_SEQUENCE"]);

/** Like Linux 6.12: without TCP_LISTEN_OVERFLOW. */
const OF_6_12: KernelHas = new Set(["NOT_SPECIFIED", "TCP_OLD_SEQUENCE", RECEIVING_SOCKET]);

/** Title, arguments, class. */
export const CLASSIFY_CASES: readonly (readonly [string, Parameters<typeof classify>, string])[] = [
  ["the reason decides without a location", ["NETFILTER_DROP", "CORE"], "loss"],
  ["the reason decides at a location without a rule", ["NO_SOCKET", "CORE", "tcp_v4_rcv"], "refused"],
  [
    "a pure ACK after the peer's FIN is normal",
    ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process+0x2e1", ACK],
    "normal",
  ],
  [
    "the same with an unknown state",
    ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment(undefined, ["ACK"], 0)],
    "normal",
  ],
  [
    "data there is not",
    ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment("CLOSE_WAIT", ["ACK"], 1)],
    "loss",
  ],
  [
    "a segment without SYN, RST and ACK in SYN_SENT is refused",
    ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment("SYN_SENT", ["FIN"], 0)],
    "refused",
  ],
  [
    "nor one in another state",
    ["NOT_SPECIFIED", "CORE", "tcp_drop_reason", segment("ESTABLISHED", ["ACK"], 0)],
    "loss",
  ],
  ["nor one of which nothing is known", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process"], "loss"],
  ["another reason keeps its class there", ["TCP_FLAGS", "CORE", "tcp_rcv_state_process", ACK], "refused"],
  [
    "what TIME_WAIT answers is normal",
    ["NOT_SPECIFIED", "CORE", "tcp_v6_rcv", segment("TIME_WAIT", ["FIN", "ACK"], 0)],
    "normal",
  ],
  [
    "a SYN to TIME_WAIT is refused",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["SYN"], 0)],
    "refused",
  ],
  ["so is data", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["ACK"], 10)], "refused"],
  [
    "the last ACK of a handshake is a loss where a full accept queue has no reason of its own",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("LISTEN", ["ACK"], 0), OF_6_12],
    "loss",
  ],
  [
    "so is a segment without a state",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["ACK"], 0)],
    "loss",
  ],
  ["also a FIN", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["FIN", "ACK"], 0)], "loss"],
  [
    "except on kernels without the receiving socket",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["FIN", "ACK"], 0), OLD],
    "normal",
  ],
  [
    "where an ACK is a loss as ever",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["ACK"], 0), OLD],
    "loss",
  ],
  [
    "and a FIN with data too",
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["FIN", "ACK"], 1), OLD],
    "loss",
  ],
  [
    "a late ACK with an old timestamp there is normal",
    ["TCP_RFC7323_TW_PAWS", "CORE", "tcp_v6_rcv", segment("TIME_WAIT", ["ACK"], 0)],
    "normal",
  ],
  [
    "a SYN with one is a loss",
    ["TCP_RFC7323_TW_PAWS", "CORE", "tcp_v6_rcv", segment("TIME_WAIT", ["SYN"], 0)],
    "loss",
  ],
  [
    "a keep-alive is normal",
    ["TCP_OLD_SEQUENCE", "CORE", "tcp_validate_incoming+0x98", KEEP_ALIVE],
    "normal",
  ],
  ["wherever it is dropped", ["TCP_OLD_SEQUENCE", "CORE", "0xffffffff81000000", KEEP_ALIVE], "normal"],
  [
    "old data is a duplicate",
    ["TCP_OLD_SEQUENCE", "CORE", "tcp_validate_incoming", segment("ESTABLISHED", ["ACK"], 1)],
    "duplicate",
  ],
  [
    "so is an old FIN",
    ["TCP_OLD_SEQUENCE", "CORE", "tcp_validate_incoming", segment("ESTABLISHED", ["FIN", "ACK"], 0)],
    "duplicate",
  ],
  [
    "a keep-alive is no loss where it has no name",
    ["TCP_INVALID_SEQUENCE", "CORE", "tcp_validate_incoming", KEEP_ALIVE, OLD],
    "duplicate",
  ],
  [
    "where it has one, the ACK is beyond the window",
    ["TCP_INVALID_SEQUENCE", "CORE", "tcp_validate_incoming", KEEP_ALIVE],
    "loss",
  ],
  [
    "a RST for a closed socket is normal",
    ["TCP_CLOSE", "CORE", "tcp_rcv_state_process", segment("CLOSE", ["RST"], 0)],
    "normal",
  ],
  [
    "so is a late ACK",
    ["TCP_CLOSE", "CORE", "tcp_rcv_state_process", segment("CLOSE", ["ACK"], 0)],
    "normal",
  ],
  [
    "but not a FIN",
    ["TCP_CLOSE", "CORE", "tcp_rcv_state_process", segment("CLOSE", ["FIN", "ACK"], 0)],
    "refused",
  ],
  [
    "data for it is refused",
    ["TCP_CLOSE", "CORE", "tcp_rcv_state_process", segment("CLOSE", ["ACK"], 9)],
    "refused",
  ],
  [
    "a frame for another host is normal",
    ["OTHERHOST", "CORE", "ip_rcv_core", { ...KEEP_ALIVE, ownMac: false }],
    "normal",
  ],
  [
    "one for this host, in a VLAN that it is not in, is a loss",
    ["OTHERHOST", "CORE", "ip6_rcv_core", { ...KEEP_ALIVE, ownMac: true }],
    "loss",
  ],
  [
    "frag_list members are normal whatever the reason",
    ["QDISC_DROP", "CORE", "skb_release_data+0x10"],
    "normal",
  ],
  ["also without a name", [undefined, "CORE", "skb_release_data"], "normal"],
  [
    "before 6.2 the caller decides",
    [
      "NOT_SPECIFIED",
      "CORE",
      "kfree_skb_list_reason+0x1",
      under("kfree_skb_list_reason+0x1", "skb_release_data+0xd"),
    ],
    "normal",
  ],
  [
    "from a queue that failed",
    [
      "NOT_SPECIFIED",
      "CORE",
      "kfree_skb_list_reason",
      under("kfree_skb_list_reason", "validate_xmit_skb_list+0x1"),
    ],
    "loss",
  ],
  ["and not without a stack", ["NOT_SPECIFIED", "CORE", "kfree_skb_list_reason", ACK], "loss"],
  ["the out-of-order queue at close is normal", ["NOT_SPECIFIED", "CORE", "skb_rbtree_purge+0x4a"], "normal"],
  [
    "a right SYN cookie at a full accept queue is lost",
    ["NO_SOCKET", "CORE", "cookie_v6_check+0x2a1"],
    "loss",
  ],
  ["the queue of a closed socket is normal", ["QUEUE_PURGE", "CORE", "inet_sock_destruct+0x2f"], "normal"],
  ["also before 6.6", ["NOT_SPECIFIED", "CORE", "sk_stream_kill_queues+0x5"], "normal"],
  ["the queue of a next hop is not", ["QUEUE_PURGE", "CORE", "neigh_flush_dev.isra.0+0x5c"], "loss"],
  [
    "nor is that of WireGuard",
    ["QUEUE_PURGE", "CORE", "wg_packet_purge_staged_packets+0x9f [wireguard]"],
    "loss",
  ],
  [
    "nor one that this build does not know",
    [
      "QUEUE_PURGE",
      "CORE",
      "skb_queue_purge_reason",
      under("skb_queue_purge_reason+0x2", "xfrm_policy_kill+0x1"),
    ],
    "loss",
  ],
  [
    "a purged FIN is normal, whoever purged it",
    ["QUEUE_PURGE", "CORE", "wg_anything+0x9f [wireguard]", { ...KEEP_ALIVE, skbLen: 0 }],
    "normal",
  ],
  [
    "a SYN that waited is not",
    ["QUEUE_PURGE", "CORE", "neigh_flush_dev", { ...KEEP_ALIVE, skbLen: 60 }],
    "loss",
  ],
  [
    "what a capture leaves unread is a copy",
    ["QUEUE_PURGE", "CORE", "skb_queue_purge_reason", under("skb_queue_purge_reason", "packet_release+0x2")],
    "copy",
  ],
  [
    "the ring of a closed tun device is normal",
    [
      "NOT_SPECIFIED",
      "CORE",
      "tun_ptr_free",
      under("tun_ptr_free.part.0+0x1 [tun]", "tun_chr_close+0x9 [tun]"),
    ],
    "normal",
  ],
  [
    "a ring made smaller is not",
    [
      "NOT_SPECIFIED",
      "CORE",
      "tun_ptr_free+0x1 [tun]",
      under("tun_ptr_free+0x1 [tun]", "tun_device_event+0x9 [tun]"),
    ],
    "loss",
  ],
  [
    "nor is what the closing program had written",
    ["QUEUE_PURGE", "CORE", "skb_queue_purge_reason", under("tun_queue_purge", "tun_chr_close")],
    "loss",
  ],
  ["a capture's copy is a copy before 6.8", ["NOT_SPECIFIED", "CORE", "tpacket_rcv+0x1"], "copy"],
  ["a raw socket's copy is a copy", ["SOCKET_RCVBUFF", "CORE", "raw_rcv_skb"], "copy"],
  [
    "a qdisc that gives no reason is a loss",
    ["NOT_SPECIFIED", "CORE", "hfsc_enqueue+0x1d", under("hfsc_enqueue+0x1d", "__dev_xmit_skb+0x1")],
    "loss",
  ],
  ["but for the skb whose segments tbf has dropped", ["NOT_SPECIFIED", "CORE", "tbf_enqueue+0x1d"], "normal"],
  ["so is a drop whose site forgot to say why", ["SKB_NOT_DROPPED_YET", "CORE"], "loss"],
  [
    "the same name of another subsystem is another reason",
    ["NOT_SPECIFIED", "OPENVSWITCH", "skb_rbtree_purge"],
    "loss",
  ],
  ["a longer name is another function", ["NOT_SPECIFIED", "CORE", "skb_rbtree_purge_all"], "loss"],
];

const half = (flags: readonly TcpFlag[], payloadLen = 0): Segment => segment("LISTEN", flags, payloadLen);
const to = (daddr: string, flags: readonly TcpFlag[]): Segment => ({
  ...segment(undefined, flags, 0),
  daddr,
});

/** Arguments, id of the variant. */
export const VARIANT_CASES: readonly (readonly [Parameters<typeof classify>, string])[] = [
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("192.0.2.1", ["SYN"])], "no-socket/syn"],
  [["NO_SOCKET", "CORE", "tcp_v6_rcv", to("2001:db8::1", ["SYN", "ACK"])], "no-socket/syn-ack"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("192.0.2.1", ["PSH", "ACK"])], "no-socket/connection-gone"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("192.0.2.1", ["FIN"])], "no-socket/probe"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("192.0.2.1", [])], "no-socket/probe"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("224.0.0.1", ["RST"])], "no-socket/rst"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("224.0.0.1", ["SYN"])], "no-socket/not-unicast"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("0.0.0.0", ["SYN"])], "no-socket/not-unicast"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv", to("223.255.255.255", ["SYN"])], "no-socket/syn"],
  [["NO_SOCKET", "CORE", "tcp_v6_rcv", to("ff02::1", ["SYN"])], "no-socket/not-unicast"],
  [["NO_SOCKET", "CORE", "anything", to("192.0.2.1", ["SYN"])], "no-socket"],
  [["NO_SOCKET", "CORE", "tcp_v4_rcv"], "no-socket"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["RST", "ACK"])], "not-specified/half-open-rst"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["RST"]), OF_6_12], "not-specified/half-open-rst-unverified"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["RST"]), OLD], "not-specified"],
  [["NOT_SPECIFIED", "CORE", "tcp_v6_rcv", half(["SYN"])], "not-specified/half-open-syn-again"],
  [
    ["NOT_SPECIFIED", "CORE", "tcp_v6_rcv", half(["SYN"]), OF_6_12],
    "not-specified/half-open-syn-again-unverified",
  ],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["ACK"])], "not-specified/deferred-accept"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["ACK"]), OF_6_12], "not-specified/last-ack"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["ACK"], 1)], "not-specified"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", half(["FIN"])], "not-specified/half-open-without-ack"],
  [
    ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["SYN"], 0)],
    "not-specified/before-socket-lookup",
  ],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["SYN"], 0), OLD], "not-specified"],
  [["TCP_FASTOPEN", "CORE", "tcp_rcv_state_process", segment("CLOSE", ["RST"], 0)], "tcp-fastopen/rst"],
  [["TCP_FASTOPEN", "CORE", "tcp_rcv_state_process", segment("SYN_RECV", ["RST"], 0)], "tcp-fastopen"],
  [["TCP_OLD_SEQUENCE", "CORE", "", segment("ESTABLISHED", ["RST"], 0)], "tcp-old-sequence/rst"],
  [["TCP_OVERWINDOW", "CORE", "", segment("LISTEN", ["RST", "ACK"], 0)], "tcp-overwindow/rst"],
  [["TCP_INVALID_SEQUENCE", "CORE", "", segment("ESTABLISHED", ["ACK"], 1)], "tcp-invalid-sequence/one-byte"],
  [["TCP_OLD_SEQUENCE", "CORE", "", segment("ESTABLISHED", ["ACK"], 1)], "tcp-old-sequence"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["SYN"], 0)], "not-specified/time-wait-syn"],
  [["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["ACK"], 9)], "not-specified/time-wait-data"],
];
