/** Variants of the reasons that TCP gives to segments of connections. */
import { RECEIVING_SOCKET, type VariantRow } from "./variant.ts";

const TCP_RCV = ["tcp_v4_rcv", "tcp_v6_rcv"];

export const TCP_VARIANTS: readonly VariantRow[] = [
  {
    // Since 5.19 all other drops of these functions have a reason of their own.
    id: "not-specified/ack-after-fin",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["tcp_rcv_state_process", "tcp_drop_reason"],
    states: ["CLOSE_WAIT", "CLOSING", "LAST_ACK"],
    stateMayBeUnknown: true,
    withFlag: "ACK",
    payloadLen: 0,
    class: "normal",
    meaning: "A pure ACK after the peer's FIN: it was processed, and then freed as if dropped.",
    advice: "Nothing to do: every connection that closes in order has some",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(), `if (!queued)`: a pure ACK after the peer's FIN, " +
      "processed and freed (v6.18)",
  },
  {
    id: "not-specified/time-wait-answered",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    states: ["TIME_WAIT"],
    withoutFlag: "SYN",
    payloadLen: 0,
    class: "normal",
    meaning: "A segment for a connection in TIME_WAIT: it was answered or taken note of, and then freed.",
    advice: "Nothing to do: a FIN or RST at the end of a connection ends so",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: frees every segment that a TIME_WAIT socket " +
      "answered (v6.18)",
  },
  {
    id: "not-specified/time-wait-refused",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    states: ["TIME_WAIT"],
    class: "refused",
    meaning:
      "A SYN, or data after close(), for a connection in TIME_WAIT; it is answered with an ACK or a RST.",
    advice: "ss -tan state time-wait; a client that reuses its port too soon, or sends after this end closed",
    place:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: a SYN, or data after close(), is answered with ACK " +
      "or RST (v6.18)",
  },
  {
    // Whoever closes first always gets the peer's FIN in TIME_WAIT. Other causes here drop more than a FIN,
    // and those drops are shown.
    id: "not-specified/fin-without-socket",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    kernelWithout: RECEIVING_SOCKET,
    flags: ["FIN", "ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "A FIN, freed after it was processed: nearly always for a connection in TIME_WAIT.",
    advice: "Nothing to do: this kernel does not show the socket (before 6.11)",
    place: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait, without rx_sk: the peer's FIN (v6.1)",
  },
  {
    id: "tcp-rfc7323-tw-paws/late-ack",
    reasons: ["TCP_RFC7323_TW_PAWS"],
    flags: ["ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "A late pure ACK for a connection in TIME_WAIT; its timestamp is older than one already seen.",
    advice: "Nothing to do: ACKs overtake each other on several CPUs",
    place:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(): an empty segment; late ACKs overtake each " +
      "other on several CPUs (v7.3)",
    counter: "TcpExtPAWSTimewait",
  },
  {
    id: "tcp-old-sequence/keep-alive",
    reasons: ["TCP_OLD_SEQUENCE"],
    flags: ["ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "An empty segment before the receive window: a keep-alive, or a probe of a closed window.",
    advice: "Nothing to do: it was answered with an ACK",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): an empty segment, as tcp_xmit_probe_skb() sends: keep-alive, " +
      "or closed window (v6.18)",
  },
  {
    // A pure ACK beyond the window looks the same, so it is not hidden.
    id: "tcp-invalid-sequence/empty",
    reasons: ["TCP_INVALID_SEQUENCE"],
    kernelWithout: "TCP_OLD_SEQUENCE",
    flags: ["ACK"],
    payloadLen: 0,
    class: "duplicate",
    meaning: "An empty segment outside the receive window: nearly always a keep-alive or a window probe.",
    advice: "Harmless in nearly all cases; this kernel does not show on which side of the window it was",
    place:
      "net/ipv4/tcp_input.c: tcp_sequence(): an empty segment: nearly always a keep-alive, or a probe of a " +
      "closed window (v6.1)",
  },
  {
    id: "tcp-close/rst",
    reasons: ["TCP_CLOSE"],
    withFlag: "RST",
    class: "normal",
    meaning: "A RST for a socket that was closed already.",
    advice: "Nothing to do",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): a RST for a socket that is already in CLOSE (v6.18)",
  },
  {
    id: "tcp-close/empty",
    reasons: ["TCP_CLOSE"],
    flags: ["ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "A pure ACK for a socket that was closed already, on another CPU.",
    advice: "Nothing to do",
    place:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): an empty segment, and the connection ended on " +
      "another CPU (v6.18)",
  },
  {
    id: "no-socket/syn-cookie-accept-queue-full",
    reasons: ["NO_SOCKET"],
    symbols: ["cookie_v4_check", "cookie_v6_check"],
    class: "loss",
    meaning: "The last ACK of a handshake, with a valid SYN cookie, met a full accept queue; no RST is sent.",
    advice: "ss -ltn: accept faster, or raise the backlog and net.core.somaxconn",
    place:
      "net/ipv4/syncookies.c: cookie_v4_check(), out_drop: a valid SYN cookie met a full accept queue; no " +
      "RST is sent (v6.18)",
    counter: "TcpExtListenOverflows",
  },
];
