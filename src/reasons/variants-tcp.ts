/** Variants of the reasons that TCP gives to segments of connections. */
import { RECEIVING_SOCKET, type VariantRow } from "./variant.ts";
import { TCP_RCV } from "./variants-handshake.ts";

/** Reasons of what lies outside the receive window. */
const BEYOND_WINDOW = [
  "TCP_ZEROWINDOW",
  "TCP_OVERWINDOW",
  "TCP_INVALID_SEQUENCE",
  "TCP_INVALID_END_SEQUENCE",
];
const OUT_OF_WINDOW = [...BEYOND_WINDOW, "TCP_OLD_SEQUENCE"];
const idOf = (reason: string): string => reason.toLowerCase().replaceAll("_", "-");

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
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(), `if (!queued)`: a pure ACK after the peer's FIN, " +
      "processed and freed (v6.18)",
  },
  {
    id: "not-specified/time-wait-answered",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    states: ["TIME_WAIT"],
    withoutFlags: ["SYN"],
    payloadLen: 0,
    class: "normal",
    meaning: "A segment for a connection in TIME_WAIT: it was answered or taken note of, and then freed.",
    advice: "Nothing to do: a FIN or RST at the end of a connection ends so",
    kernelSource:
      "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait: frees every segment that a TIME_WAIT socket " +
      "answered (v6.18)",
  },
  {
    id: "not-specified/time-wait-syn",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    states: ["TIME_WAIT"],
    withFlag: "SYN",
    class: "refused",
    meaning:
      "A SYN for a connection in TIME_WAIT that is not newer than it: answered with an ACK. The client " +
      "answers that with a RST, and may try again.",
    advice: "The client reuses its port too soon: widen its port range, or let the client close first",
    kernelSource:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(); net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), " +
      "do_time_wait, TCP_TW_ACK (v6.18)",
  },
  {
    id: "not-specified/time-wait-data",
    reasons: ["NOT_SPECIFIED"],
    symbols: TCP_RCV,
    states: ["TIME_WAIT"],
    class: "refused",
    meaning:
      "Data for a connection that this end has closed: answered with an ACK where it is a second copy, with " +
      "a RST where it is new.",
    advice: "New data: the peer sends after this end closed. Second copies: ACKs are lost, or late",
    kernelSource:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(); net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), " +
      "do_time_wait, TCP_TW_ACK, TCP_TW_RST (v6.18)",
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
    kernelSource: "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), do_time_wait, without rx_sk: the peer's FIN (v6.1)",
  },
  {
    id: "tcp-rfc7323-tw-paws/late-ack",
    reasons: ["TCP_RFC7323_TW_PAWS"],
    flags: ["ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "A late pure ACK for a connection in TIME_WAIT; its timestamp is older than one already seen.",
    advice: "Nothing to do: ACKs overtake each other on several CPUs",
    kernelSource:
      "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(): an empty segment; late ACKs overtake each " +
      "other on several CPUs (v7.3)",
    counter: "TcpExtPAWSTimewait",
  },
  {
    id: "tcp-old-sequence/acks-new-data",
    reasons: ["TCP_OLD_SEQUENCE"],
    withFlag: "ACK",
    withoutFlags: ["RST"],
    payloadLen: 0,
    acksNewData: true,
    class: "loss",
    meaning:
      "A segment before the receive window, thrown away with an acknowledgement that was news: this end may " +
      "send that data again.",
    advice: "The peer's SND.NXT went back after a time-out (BSD does): its probe or ACK repeats old numbers",
    kernelSource: "net/ipv4/tcp_input.c: tcp_validate_incoming(), tcp_sequence() before tcp_ack() (v6.18)",
  },
  {
    id: "tcp-old-sequence/keep-alive",
    reasons: ["TCP_OLD_SEQUENCE"],
    flags: ["ACK"],
    payloadLen: 0,
    class: "normal",
    meaning: "An empty segment before the receive window: a keep-alive, or a probe of a closed window.",
    advice: "Nothing to do: such a segment is answered with an ACK",
    kernelSource:
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
    kernelSource:
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
    kernelSource:
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
    kernelSource:
      "net/ipv4/tcp_input.c: tcp_rcv_state_process(): an empty segment, and the connection ended on " +
      "another CPU (v6.18)",
  },
  {
    id: "tcp-old-data/window-closed",
    reasons: ["TCP_OLD_DATA"],
    windowClosed: true,
    class: "duplicate",
    meaning:
      "All of the data had arrived before, and the receive window is closed: as a sender's that asks with old " +
      "data whether there is room again.",
    advice: "The application does not read: ss -tmp shows a full Recv-Q. What does it wait for?",
    kernelSource: "net/ipv4/tcp_input.c: tcp_data_queue(), `!after(end_seq, rcv_nxt)` (v6.18)",
    counter: "TcpExtDelayedACKLost",
  },
  ...OUT_OF_WINDOW.map(
    (reason): VariantRow => ({
      id: `${idOf(reason)}/rst`,
      reasons: [reason],
      withFlag: "RST",
      class: "refused",
      meaning: "A RST outside the receive window: it was ignored, and the connection goes on.",
      advice: "A late RST, or somebody who guesses sequence numbers (RFC 5961): many? Who is SADDR?",
      kernelSource: "net/ipv4/tcp_input.c: tcp_validate_incoming(), `if (!tcp_sequence())` (v6.18)",
    }),
  ),
  ...BEYOND_WINDOW.map(
    (reason): VariantRow => ({
      id: `${idOf(reason)}/one-byte`,
      reasons: [reason],
      payloadLen: 1,
      withoutFlags: ["FIN", "SYN", "RST"],
      class: "refused",
      meaning:
        "One byte outside the receive window: nearly always a probe of a closed window, as BSD, macOS and " +
        "Windows send. It is answered with an ACK.",
      advice: "The application does not read: ss -tmp shows a full Recv-Q. What does it wait for?",
      kernelSource: "net/ipv4/tcp_input.c: tcp_sequence(), tcp_data_queue(), out_of_window (v6.18)",
    }),
  ),
];
