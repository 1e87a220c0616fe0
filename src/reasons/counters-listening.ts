/** Counters of listening sockets and of failed handshakes: /proc/net/netstat (TcpExt). */
import type { CounterRule, EventMatch } from "./counter-rule.ts";

export const TCP_RCV = ["tcp_v4_rcv", "tcp_v6_rcv"] as const;
export const LISTENING = ["LISTEN"] as const;

/** The last ACK of a handshake, on kernels that give no reason for its drop. */
const lastAck: EventMatch = {
  reasons: ["NOT_SPECIFIED"],
  at: TCP_RCV,
  states: LISTENING,
  withFlag: "ACK",
  withoutFlag: "RST",
};

/**
 * A valid SYN cookie that met a full accept queue: tcp_get_cookie_sock() makes no socket. Up to 6.8 there was
 * no reason.
 */
const cookieWithoutRoom: EventMatch = {
  reasons: ["NO_SOCKET", "NOT_SPECIFIED"],
  at: ["cookie_v4_check", "cookie_v6_check", "tcp_v4_do_rcv", "tcp_v6_do_rcv"],
  states: LISTENING,
};

/** Data in a SYN that is taken without it: the SYN goes on, the data does not, and no skb is dropped. */
const FAST_OPEN: readonly (readonly [
  counters: readonly string[],
  mayDiffer: string,
  kernelSource: string,
])[] = [
  [
    ["TcpExtTCPFastOpenPassiveFail"],
    "The SYN's cookie was wrong, or no socket could be made: the SYN is answered without its data, which the " +
      "client sends again. No skb is dropped, so no event shows it.",
    "net/ipv4/tcp_fastopen.c: tcp_try_fastopen() (v6.12)",
  ],
  [
    ["TcpExtTCPFastOpenListenOverflow"],
    "Too many Fast Open connections are not confirmed yet: the SYN is answered without its data, which the " +
      "client sends again. No skb is dropped, so no event shows it.",
    "net/ipv4/tcp_fastopen.c: tcp_fastopen_queue_check() (v6.12)",
  ],
];

export const LISTENING_COUNTERS: readonly CounterRule[] = [
  {
    counters: ["TcpExtListenDrops"],
    unit: "skbs",
    always: [{ reasons: ["TCP_LISTEN_OVERFLOW"] }, { source: "listener" }],
    sometimes: [{ ...lastAck, before: "TCP_LISTEN_OVERFLOW" }, cookieWithoutRoom],
    mayDiffer:
      "Refused SYNs (full queue, no memory, no route back, broadcast destination) are freed without an " +
      "event; ICMP errors that end a handshake count too.",
    kernelSource:
      "include/net/tcp.h: tcp_listendrop(), called by tcp_conn_request(), tcp_v4_syn_recv_sock(), " +
      "tcp_req_err(), subflow_v4_conn_request() (v6.12)",
  },
  {
    counters: ["TcpExtListenOverflows"],
    unit: "skbs",
    always: [{ source: "listener", reasons: ["ACCEPT_QUEUE_FULL"] }],
    sometimes: [
      { reasons: ["TCP_LISTEN_OVERFLOW"] },
      { source: "listener", reasons: ["LISTEN_DROP"] },
      { ...lastAck, before: "TCP_LISTEN_OVERFLOW" },
      cookieWithoutRoom,
    ],
    mayDiffer: "SYNs that meet a full accept queue are freed without an event.",
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_conn_request(), tcp_get_syncookie_mss(); net/ipv4/tcp_ipv4.c: " +
      "tcp_v4_syn_recv_sock() (v6.12)",
  },
  {
    counters: ["TcpExtTCPReqQFullDrop"],
    unit: "skbs",
    always: [{ source: "listener", reasons: ["SYN_QUEUE_FULL"] }],
    sometimes: [{ source: "listener", reasons: ["LISTEN_DROP"] }],
    mayDiffer: "SYNs that meet a full SYN queue are freed without an event.",
    kernelSource: "net/ipv4/tcp_input.c: tcp_syn_flood_action() (v6.12)",
  },
  {
    counters: ["TcpExtTCPDeferAcceptDrop"],
    unit: "skbs",
    always: [],
    sometimes: [lastAck],
    mayDiffer:
      "The ACK that a listener with TCP_DEFER_ACCEPT ignores has no reason; without the receiving socket " +
      "(before 6.11) it is not recognised.",
    kernelSource: "net/ipv4/tcp_minisocks.c: tcp_check_req() (v6.12)",
  },
  {
    counters: ["TcpExtEmbryonicRsts"],
    unit: "skbs",
    always: [],
    sometimes: [
      { reasons: ["NOT_SPECIFIED", "TCP_RESET", "TCP_INVALID_SYN"], at: TCP_RCV, withFlag: "RST" },
      { reasons: ["NOT_SPECIFIED", "TCP_INVALID_SYN"], at: TCP_RCV, withFlag: "SYN" },
      { reasons: ["TCP_LISTEN_OVERFLOW"] },
    ],
    mayDiffer: "A RST that ends a handshake may be freed without an event.",
    kernelSource: "net/ipv4/tcp_minisocks.c: tcp_check_req(), embryonic_reset (v6.12)",
  },
  {
    counters: ["TcpExtSyncookiesFailed"],
    unit: "skbs",
    always: [],
    sometimes: [
      {
        reasons: ["TCP_FLAGS", "NOT_SPECIFIED", "NO_SOCKET", "SECURITY_HOOK"],
        states: LISTENING,
        withFlag: "ACK",
      },
    ],
    mayDiffer: "An ACK to a listener counts only while SYN cookies are being sent.",
    kernelSource:
      "net/ipv4/syncookies.c: cookie_tcp_check(); net/ipv6/syncookies.c: cookie_tcp_check() (v6.12)",
  },
  ...FAST_OPEN.map(
    ([counters, mayDiffer, kernelSource]): CounterRule => ({
      counters,
      unit: "skbs",
      always: [],
      sometimes: [],
      mayDiffer,
      kernelSource,
    }),
  ),
];
