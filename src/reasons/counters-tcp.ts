/** Counters that TCP raises: /proc/net/snmp (Tcp), /proc/net/netstat (TcpExt, MPTcpExt). */
import type { CounterRule, EventMatch } from "./counter-rule.ts";
import { LISTENING, LISTENING_COUNTERS, TCP_RCV } from "./counters-listening.ts";

/** A rule for one counter, raised next to one reason. */
const exact = (
  counter: string,
  reasons: readonly string[],
  kernelSource: string,
  mayDiffer: string,
  more: EventMatch = {},
): CounterRule => ({
  counters: [`TcpExt${counter}`],
  unit: "skbs",
  always: [{ reasons, ...more }],
  sometimes: [],
  mayDiffer,
  kernelSource,
});

const REPAIR = "A restored connection (TCP_REPAIR) that fills its own receive queue counts too.";
const ALONE = "Nothing else counts here.";

export const TCP_COUNTERS: readonly CounterRule[] = [
  {
    counters: ["TcpInErrs"],
    unit: "skbs",
    always: [
      { reasons: ["TCP_CSUM"] },
      { reasons: ["PKT_TOO_SMALL"], at: [...TCP_RCV, "tcp_rcv_established"] },
      { reasons: ["TCP_INVALID_SYN"], states: ["ESTABLISHED"] },
    ],
    sometimes: [{ reasons: ["PSP_INPUT"] }],
    mayDiffer: ALONE,
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), tcp_v4_do_rcv(); net/ipv4/tcp_input.c: tcp_rcv_established(), " +
      "tcp_validate_incoming() (v6.12)",
  },
  {
    counters: ["TcpInCsumErrors"],
    unit: "skbs",
    always: [{ reasons: ["TCP_CSUM"] }],
    sometimes: [],
    mayDiffer: ALONE,
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), csum_error; net/ipv4/tcp_input.c: tcp_rcv_established() (v6.12)",
  },
  {
    counters: ["TcpOutRsts"],
    unit: "skbs",
    always: [
      { reasons: ["NO_SOCKET"], at: TCP_RCV, withoutFlag: "RST", unicast: true },
      { reasons: ["TCP_ABORT_ON_DATA", "TCP_OLD_ACK", "TCP_INVALID_ACK_SEQUENCE"], withoutFlag: "RST" },
      { reasons: ["TCP_FLAGS"], states: LISTENING, withFlag: "ACK", withoutFlag: "RST" },
      { reasons: ["TCP_RFC7323_PAWS"], states: ["SYN_SENT"], withoutFlag: "RST" },
    ],
    sometimes: [
      // tcp_abort_on_overflow, a SYN inside a handshake, new data after a half-closed connection.
      {
        reasons: ["TCP_LISTEN_OVERFLOW", "TCP_INVALID_SYN", "NOT_SPECIFIED"],
        at: [...TCP_RCV, "tcp_v4_do_rcv", "tcp_v6_do_rcv"],
        withoutFlag: "RST",
      },
      { reasons: ["TCP_ACK_UNSENT_DATA", "TCP_TOO_OLD_ACK"], withoutFlag: "RST" },
      { reasons: ["NO_SOCKET"], at: TCP_RCV, withoutFlag: "RST" },
    ],
    mayDiffer:
      "It counts RSTs sent, and many do not answer a drop: close() with unread data, aborts, timeouts. A " +
      "RST without a route (IPv6) does not count, and what was sent to a broadcast or multicast address gets none.",
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_send_reset(); net/ipv6/tcp_ipv6.c: tcp_v6_send_response(); " +
      "net/ipv4/tcp_output.c: tcp_send_active_reset() (v6.12)",
  },
  ...LISTENING_COUNTERS,
  exact("TCPBacklogDrop", ["SOCKET_BACKLOG"], "net/ipv4/tcp_ipv4.c: tcp_add_backlog() (v6.12)", ALONE),
  {
    counters: ["TcpExtTCPRcvQDrop", "TcpExtTCPOFODrop"],
    unit: "skbs",
    always: [{ reasons: ["PROTO_MEM"] }],
    sometimes: [],
    mayDiffer: REPAIR,
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_data_queue(), tcp_data_queue_ofo() (v6.12): one reason for in order and " +
      "out of order",
  },
  {
    counters: ["TcpExtOfoPruned"],
    unit: "skbs",
    always: [],
    sometimes: [{ reasons: ["TCP_OFO_QUEUE_PRUNE"] }],
    mayDiffer: "It counts prunings; each may discard many skbs.",
    kernelSource: "net/ipv4/tcp_input.c: tcp_prune_ofo_queue() (v6.12)",
  },
  {
    counters: ["TcpExtRcvPruned"],
    unit: "skbs",
    always: [],
    sometimes: [{ reasons: ["PROTO_MEM"] }],
    mayDiffer:
      "It counts receive buffers still too full after pruning; the segment is dropped as PROTO_MEM unless " +
      "the receive queue is empty.",
    kernelSource: "net/ipv4/tcp_input.c: tcp_prune_queue() (v6.12)",
  },
  exact("TCPZeroWindowDrop", ["TCP_ZEROWINDOW"], "net/ipv4/tcp_input.c: tcp_data_queue() (v6.12)", ALONE),
  exact("TCPOFOMerge", ["TCP_OFOMERGE"], "net/ipv4/tcp_input.c: tcp_data_queue_ofo() (v6.12)", ALONE),
  {
    counters: ["TcpExtDelayedACKLost"],
    unit: "skbs",
    always: [
      { reasons: ["TCP_OLD_DATA"] },
      { reasons: ["TCP_OLD_SEQUENCE"], carries: true, withoutFlag: "RST" },
    ],
    sometimes: [
      {
        reasons: ["TCP_RFC7323_PAWS", "TCP_INVALID_SEQUENCE", "TCP_INVALID_END_SEQUENCE"],
        carries: true,
        withoutFlag: "RST",
      },
    ],
    mayDiffer: ALONE,
    kernelSource: "net/ipv4/tcp_input.c: tcp_data_queue(), tcp_send_dupack() (v6.12)",
  },
  {
    counters: ["TcpExtBeyondWindow"],
    unit: "skbs",
    always: [{ reasons: ["TCP_INVALID_SEQUENCE", "TCP_INVALID_END_SEQUENCE"], withoutFlag: "RST" }],
    sometimes: [{ reasons: ["TCP_OVERWINDOW"] }],
    mayDiffer: "Whether TCP_OVERWINDOW counts depends on the kernel's version.",
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_validate_incoming() (v6.17); tcp_data_queue(), tcp_minisocks.c: " +
      "tcp_check_req() (v7.3)",
  },
  {
    counters: ["TcpExtPAWSEstab"],
    unit: "skbs",
    always: [{ reasons: ["TCP_RFC7323_PAWS"], notStates: ["SYN_SENT"] }],
    sometimes: [
      {
        reasons: ["NOT_SPECIFIED"],
        at: TCP_RCV,
        states: ["TIME_WAIT", "LISTEN"],
        before: "TCP_RFC7323_TW_PAWS",
      },
    ],
    mayDiffer:
      "Before 6.16, old timestamps in TIME_WAIT and in a handshake count here; their drops have no reason.",
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_validate_incoming(); net/ipv4/tcp_minisocks.c: tcp_check_req(), " +
      "tcp_timewait_state_process() (v6.12)",
  },
  exact(
    "PAWSActive",
    ["TCP_RFC7323_PAWS"],
    "net/ipv4/tcp_input.c: tcp_rcv_synsent_state_process() (v6.12)",
    ALONE,
    { states: ["SYN_SENT"] },
  ),
  exact(
    "PAWSOldAck",
    ["TCP_RFC7323_PAWS_ACK"],
    "net/ipv4/tcp_input.c: tcp_validate_incoming() (v6.14)",
    ALONE,
  ),
  exact(
    "PAWSTimewait",
    ["TCP_RFC7323_TW_PAWS"],
    "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process() (v6.16)",
    ALONE,
  ),
  exact("TSEcrRejected", ["TCP_RFC7323_TSECR"], "net/ipv4/tcp_minisocks.c: tcp_check_req() (v6.15)", ALONE),
  exact(
    "TCPSYNChallenge",
    ["TCP_INVALID_SYN"],
    "net/ipv4/tcp_input.c: tcp_validate_incoming(), syn_challenge (v6.12)",
    ALONE,
  ),
  {
    counters: ["TcpExtTCPChallengeACK"],
    unit: "skbs",
    always: [],
    sometimes: [
      { reasons: ["TCP_RESET", "TCP_INVALID_SYN", "TCP_TOO_OLD_ACK", "TCP_ACK_UNSENT_DATA"] },
      { reasons: ["NOT_SPECIFIED"], at: TCP_RCV, withFlag: "RST" },
    ],
    mayDiffer: "It counts challenge ACKs sent. Their rate is limited, so drops without one are usual.",
    kernelSource: "net/ipv4/tcp_input.c: tcp_send_challenge_ack() (v6.12)",
  },
  {
    counters: ["TcpExtTCPAbortOnData"],
    unit: "skbs",
    always: [{ reasons: ["TCP_ABORT_ON_DATA"] }],
    sometimes: [
      { reasons: ["NOT_SPECIFIED"], at: ["tcp_v4_do_rcv", "tcp_v6_do_rcv"], before: "TCP_ABORT_ON_DATA" },
    ],
    mayDiffer: "A close() with SO_LINGER 0 counts too, and drops nothing.",
    kernelSource: "net/ipv4/tcp_input.c: tcp_rcv_state_process(); net/ipv4/tcp.c: __tcp_close() (v6.12)",
  },
  {
    counters: ["TcpExtTCPMinTTLDrop"],
    unit: "skbs",
    always: [{ reasons: ["TCP_MINTTL"] }],
    sometimes: [{ reasons: ["NOT_SPECIFIED"], at: TCP_RCV, before: "TCP_MINTTL" }],
    mayDiffer: "ICMP errors from too far away count too.",
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), tcp_v4_err(); net/ipv6/tcp_ipv6.c: tcp_v6_rcv(), tcp_v6_err() " +
      "(v6.12)",
  },
  {
    counters: ["TcpExtPFMemallocDrop"],
    unit: "skbs",
    always: [{ reasons: ["PFMEMALLOC"] }],
    sometimes: [{ reasons: ["SOCKET_FILTER", "SOCKET_BACKLOG"], before: "PFMEMALLOC" }],
    mayDiffer: "Sockets of other protocols count too.",
    kernelSource: "net/core/filter.c: sk_filter_trim_cap() (v6.12)",
  },
  exact("TCPMD5NotFound", ["TCP_MD5NOTFOUND"], "net/ipv4/tcp.c: tcp_inbound_hash() (v6.12)", ALONE),
  exact("TCPMD5Unexpected", ["TCP_MD5UNEXPECTED"], "net/ipv4/tcp.c: tcp_inbound_md5_hash() (v6.12)", ALONE),
  exact("TCPMD5Failure", ["TCP_MD5FAILURE"], "net/ipv4/tcp.c: tcp_inbound_md5_hash() (v6.12)", ALONE),
  exact(
    "TCPAORequired",
    ["TCP_AONOTFOUND"],
    "include/net/tcp.h: tcp_ao_required(); net/ipv4/tcp.c: tcp_inbound_hash() (v6.12)",
    ALONE,
  ),
  exact(
    "TCPAOKeyNotFound",
    ["TCP_AOUNEXPECTED", "TCP_AOKEYNOTFOUND"],
    "net/ipv4/tcp_ao.c: tcp_inbound_ao_hash() (v6.12)",
    ALONE,
  ),
  exact(
    "TCPAOBad",
    ["TCP_AOFAILURE"],
    "net/ipv4/tcp_ao.c: tcp_ao_verify_hash(); net/ipv4/tcp.c: tcp_inbound_hash() (v6.12)",
    ALONE,
  ),
  {
    counters: ["TcpExtTCPRetransFail"],
    unit: "segments",
    always: [],
    sometimes: [{ direction: "tx" }],
    mayDiffer:
      "It counts retransmissions that could not be sent. Those that fail before there is a packet have no " +
      "event; first transmissions do not count.",
    kernelSource: "net/ipv4/tcp_output.c: __tcp_retransmit_skb() (v6.12)",
  },
  ...["NoDSSInWindow", "DuplicateData"].map(
    (counter): CounterRule => ({
      counters: [`MPTcpExt${counter}`],
      unit: "skbs",
      always: [],
      sometimes: [],
      mayDiffer: "MPTCP frees such data without an event: mptcp_drop() calls __kfree_skb().",
      kernelSource: "net/mptcp/protocol.c: mptcp_data_queue_ofo(), __mptcp_move_skb() (v6.12)",
    }),
  ),
];
