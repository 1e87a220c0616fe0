/** Variants of what tcp_v4_rcv() and its like drop around a handshake: listeners, half-open connections, none. */
import { RECEIVING_SOCKET, type VariantRow } from "./variant.ts";

export const TCP_RCV = ["tcp_v4_rcv", "tcp_v6_rcv"] as const;
const UDP_RCV = ["__udp4_lib_rcv", "udp_rcv", "__udp6_lib_rcv", "udpv6_rcv"];

/** NOT_SPECIFIED in tcp_check_req() is for a request, of which the drop has the listener. */
const HALF_OPEN = {
  reasons: ["NOT_SPECIFIED"],
  symbols: TCP_RCV,
  states: ["LISTEN"],
} as const satisfies Partial<VariantRow>;
/** Since 6.15 the accept queue, sequence numbers and timestamps have reasons of their own there. */
const NAMED = "TCP_LISTEN_OVERFLOW";
const CHECK_REQ = "net/ipv4/tcp_minisocks.c: tcp_check_req()";

const NO_SOCKET: readonly VariantRow[] = [
  {
    id: "no-socket/syn-cookie-accept-queue-full",
    reasons: ["NO_SOCKET"],
    symbols: ["cookie_v4_check", "cookie_v6_check"],
    class: "loss",
    meaning:
      "The last ACK of a handshake, with a valid SYN cookie, got no socket: the accept queue is full, or " +
      "memory is short. No RST is sent.",
    advice: "ss -ltn (Recv-Q over Send-Q): accept faster, or raise the backlog and net.core.somaxconn",
    kernelSource: "net/ipv4/syncookies.c: cookie_v4_check(), tcp_get_cookie_sock() makes no socket (v6.18)",
    counter: "TcpExtListenOverflows",
  },
  {
    id: "no-socket/tunnel-without-socket",
    reasons: ["NO_SOCKET"],
    symbols: UDP_RCV,
    class: "loss",
    meaning: "The segment is inside a UDP packet, a tunnel's, and no socket takes those here.",
    advice: "Is the tunnel set up at this address and port? ip -d link; ss -lunp",
    kernelSource: "net/ipv4/udp.c: __udp4_lib_rcv(); net/ipv6/udp.c: __udp6_lib_rcv() (v6.18)",
    counter: "UdpNoPorts",
  },
  {
    id: "no-socket/rst",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    withFlag: "RST",
    class: "refused",
    meaning: "A RST for a connection or port that is not there; a RST is never answered.",
    advice: "Harmless: the connection is gone at both ends. Many from nowhere are a scan, or answers to one",
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket; tcp_v4_send_reset(), `if (th->rst)` (v6.18)",
  },
  {
    id: "no-socket/not-unicast",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    notUnicast: true,
    class: "refused",
    meaning: "Sent to a broadcast or multicast address, where no TCP connection can be; no RST is sent.",
    advice: "Who is SADDR, and why does it send TCP to such an address?",
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_send_reset(), `rt_type != RTN_LOCAL`; net/ipv6/tcp_ipv6.c: " +
      "tcp_v6_send_reset(), ipv6_unicast_destination() (v6.18)",
  },
  {
    id: "no-socket/syn",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    withFlag: "SYN",
    withoutFlags: ["ACK"],
    class: "refused",
    meaning: "A SYN to a port that nobody listens on, at this address; the sender gets a RST.",
    advice: "Is the service up and bound to this address? ss -ltnp",
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket: tcp_v4_send_reset() (v6.18)",
    counter: "TcpOutRsts",
  },
  {
    id: "no-socket/syn-ack",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    withFlag: "SYN",
    class: "refused",
    meaning: "An answer to a SYN that this host did not send, or has given up; the sender gets a RST.",
    advice: "connect() given up? Else SYNs with a forged source, or two hosts with this address",
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket: tcp_v4_send_reset() (v6.18)",
    counter: "TcpOutRsts",
  },
  {
    id: "no-socket/connection-gone",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    withFlag: "ACK",
    class: "refused",
    meaning: "A segment of a connection that this host does not have, or no longer; the sender gets a RST.",
    advice: "Did this end restart, abort or time out first? ss -tan; for the peer the connection is open",
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket: tcp_v4_send_reset() (v6.18)",
    counter: "TcpOutRsts",
  },
  {
    id: "no-socket/probe",
    reasons: ["NO_SOCKET"],
    symbols: TCP_RCV,
    withoutFlags: ["ACK", "SYN", "RST"],
    class: "refused",
    meaning: "A segment without ACK, SYN and RST to a port that nobody listens on: no TCP sends such.",
    advice: "Often a port scan: who is SADDR?",
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket: tcp_v4_send_reset() (v6.18)",
    counter: "TcpOutRsts",
  },
];

const HALF_OPEN_VARIANTS: readonly VariantRow[] = [
  {
    ...HALF_OPEN,
    id: "not-specified/half-open-rst",
    kernelWith: [NAMED],
    withFlag: "RST",
    class: "normal",
    meaning: "A RST that ended a half-open connection: it was obeyed, and then freed as if dropped.",
    advice: "Nothing to do: SYN scans and half-open health checks end so; many from one SADDR are a scan",
    kernelSource: `${CHECK_REQ}, embryonic_reset (v6.18)`,
    counter: "TcpExtEmbryonicRsts",
  },
  {
    ...HALF_OPEN,
    id: "not-specified/half-open-rst-unverified",
    kernelWithout: NAMED,
    kernelWith: [RECEIVING_SOCKET],
    withFlag: "RST",
    class: "normal",
    meaning: "A RST for a half-open connection: it was obeyed, or ignored where it lay outside the window.",
    advice: "Nothing to do: SYN scans and half-open health checks end so; many from one SADDR are a scan",
    kernelSource: `${CHECK_REQ}, embryonic_reset, or \`Out of window\` (v6.12)`,
    counter: "TcpExtEmbryonicRsts",
  },
  {
    ...HALF_OPEN,
    id: "not-specified/half-open-syn-again",
    kernelWith: [NAMED],
    withFlag: "SYN",
    withoutFlags: ["ACK"],
    class: "duplicate",
    meaning:
      "A SYN that was answered before: the client sent it again. The SYN-ACK is sent again, unless one was " +
      "just now.",
    advice: "The SYN-ACK, or the last ACK, gets lost on the way, or is late: capture at both ends",
    kernelSource: `${CHECK_REQ}, pure retransmitted SYN (v6.18)`,
    counter: "TcpExtTCPSynRetrans",
  },
  {
    ...HALF_OPEN,
    id: "not-specified/half-open-syn-again-unverified",
    kernelWithout: NAMED,
    kernelWith: [RECEIVING_SOCKET],
    withFlag: "SYN",
    withoutFlags: ["ACK"],
    class: "duplicate",
    meaning:
      "A SYN for a half-open connection: mostly the same one again, and its SYN-ACK is sent again; one with " +
      "another sequence number gets an ACK.",
    advice: "The SYN-ACK, or the last ACK, gets lost on the way, or is late: capture at both ends",
    kernelSource: `${CHECK_REQ}, pure retransmitted SYN, or \`Out of window\` (v6.12)`,
  },
  {
    ...HALF_OPEN,
    id: "not-specified/deferred-accept",
    kernelWith: [NAMED],
    withFlag: "ACK",
    withoutFlags: ["FIN", "SYN", "RST"],
    payloadLen: 0,
    class: "normal",
    meaning:
      "The last ACK of a handshake at a listener with TCP_DEFER_ACCEPT: the connection waits for its first " +
      "data, and nothing is lost.",
    advice:
      "Nothing to do: each connection to such a listener (Apache's AcceptFilter, nginx deferred) has one",
    kernelSource: `${CHECK_REQ}, rskq_defer_accept (v6.18)`,
    counter: "TcpExtTCPDeferAcceptDrop",
  },
  {
    ...HALF_OPEN,
    id: "not-specified/last-ack",
    kernelWithout: NAMED,
    kernelWith: [RECEIVING_SOCKET],
    withFlag: "ACK",
    withoutFlags: ["FIN", "SYN", "RST"],
    payloadLen: 0,
    class: "loss",
    meaning:
      "The last ACK of a handshake was not taken: the accept queue is full; or TCP_DEFER_ACCEPT waits for " +
      "data, and nothing is lost. This kernel does not show which.",
    advice: "nstat -az TcpExtListenOverflows TcpExtTCPDeferAcceptDrop shows which; ss -ltn",
    kernelSource: `${CHECK_REQ}, listen_overflow, rskq_defer_accept, or \`Out of window\` (v6.12)`,
  },
  {
    ...HALF_OPEN,
    id: "not-specified/half-open-without-ack",
    kernelWith: [RECEIVING_SOCKET],
    withoutFlags: ["ACK", "SYN", "RST"],
    class: "refused",
    meaning: "A segment without ACK, SYN and RST for a half-open connection: no TCP sends such.",
    advice: "Often a port scan: who is SADDR?",
    kernelSource: `${CHECK_REQ}, \`!(flg & TCP_FLAG_ACK)\` (v6.18)`,
  },
  {
    id: "not-specified/before-socket-lookup",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    kernelWith: [RECEIVING_SOCKET],
    withoutState: true,
    class: "loss",
    meaning:
      "Dropped before TCP looked for a socket: the frame came to a broadcast or multicast MAC address, or the " +
      "packet is shorter than its TCP header says.",
    advice: "tcpdump -evni IFACE host SADDR shows the MAC address and the header",
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), `pkt_type != PACKET_HOST`, pskb_may_pull() (v6.18)",
  },
];

const FAST_OPEN: readonly VariantRow[] = [
  {
    id: "tcp-fastopen/rst",
    reasons: ["TCP_FASTOPEN"],
    states: ["CLOSE"],
    withFlag: "RST",
    class: "normal",
    meaning:
      "A RST that ended a TCP Fast Open connection in its handshake: it was obeyed, and then freed as if " +
      "dropped.",
    advice: "Nothing to do: the client gave up, and the application is notified",
    kernelSource: `${CHECK_REQ}, embryonic_reset: tcp_reset(), then tcp_rcv_state_process() (v6.18)`,
  },
  {
    id: "tcp-fastopen/syn-again",
    reasons: ["TCP_FASTOPEN"],
    withFlag: "SYN",
    withoutFlags: ["ACK"],
    class: "duplicate",
    meaning: "The SYN of a TCP Fast Open connection came again; its SYN-ACK is sent again.",
    advice: "The SYN-ACK, or the last ACK, gets lost on the way, or is late: capture at both ends",
    kernelSource: `${CHECK_REQ}, pure retransmitted SYN (v6.18)`,
  },
];

export const HANDSHAKE_VARIANTS: readonly VariantRow[] = [
  ...NO_SOCKET,
  ...HALF_OPEN_VARIANTS,
  ...FAST_OPEN,
  {
    id: "not-specified/syn-sent-without-syn",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_rcv_state_process", "tcp_rcv_synsent_state_process", "tcp_drop_reason"],
    states: ["SYN_SENT"],
    withoutFlags: ["SYN", "RST", "ACK"],
    class: "refused",
    meaning: "A segment without SYN, RST and ACK while this end waits for a SYN-ACK: no TCP sends such.",
    advice: "Often a port scan: who is SADDR?",
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_rcv_synsent_state_process(), `neither of the SYN or RST bits is set` (v6.18)",
  },
];
