/** Data that a socket cannot take: its reader is slow, memory is short, its lock is held. */
import type { NetnsEvidence } from "../evidence.ts";
import { roseIn, whyUnknown } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { DropRule, Rule } from "../rule.ts";
import { receiverText, senderText, ssOfPort, wayText } from "./ends.ts";
import { counterLines, countText, sysctlLines, wereText } from "./phrases.ts";
import { reasonLines } from "./reason-lines.ts";
import { certaintyFor, isReason, isVariant, reasonsOf } from "./signs.ts";

/** Windows that were announced as closed, and as open again: net/ipv4/tcp_output.c, tcp_select_window(). */
const CLOSED = "TcpExtTCPToZeroWindowAdv";
const OPENED = "TcpExtTCPFromZeroWindowAdv";

/** The kernel says that the window was closed, or too small for what came. */
function isWindowClosed(incident: Incident): boolean {
  return (
    isReason(incident, "TCP_ZEROWINDOW") ||
    isVariant(
      incident,
      "tcp-old-data/window-closed",
      "tcp-invalid-sequence/one-byte",
      "tcp-overwindow/one-byte",
      "tcp-invalid-end-sequence/one-byte",
    )
  );
}

function isBeyondWindow(incident: Incident): boolean {
  return isReason(incident, "TCP_OVERWINDOW", "TCP_INVALID_END_SEQUENCE") && incident.segments.payload > 0;
}

const ZERO_WINDOW: DropRule = {
  about: "drops",
  id: "zero-window-reader",
  title: "The program does not read, or not fast enough",
  severity: "warning",
  needs: ["events"],
  signs:
    "TCP_ZEROWINDOW, probes of a closed window, data beyond it (TCP_OVERWINDOW, TCP_INVALID_END_SEQUENCE); " +
    "TCP_OLD_DATA while this host closes windows (TcpExtTCPToZeroWindowAdv).",
  against:
    "Windows that were never closed: then the sender repeats what had arrived, or ignores the window. Windows " +
    "that all opened again (TcpExtTCPFromZeroWindowAdv): then the program reads, and only its peers are faster.",
  matches: (incident) =>
    isWindowClosed(incident) ||
    isBeyondWindow(incident) ||
    (isReason(incident, "TCP_OLD_DATA") && incident.segments.payload > 0),
  together: "service",
  judge: (subject, netns) => {
    const known = roseIn(netns, CLOSED);
    const closed = known ?? 0;
    const opened = roseIn(netns, OPENED);
    const isNamed = subject.incidents.some(isWindowClosed);
    const isBeyond = subject.incidents.some(isBeyondWindow);
    if (!isNamed && !isBeyond && closed === 0)
      return known === undefined ? { unknown: whyUnknown(netns, CLOSED) } : undefined;
    const reads = closed > 0 && opened !== undefined && opened >= closed;
    // A window that closes and opens again is flow control: without the counters nobody knows which it was.
    const isUnknown = opened === undefined && subject.incidents.every((one) => one.class === "duplicate");
    const isLikely = (isNamed && !isUnknown) || (isBeyond && closed > 0);
    return {
      certainty: certaintyFor(subject, isLikely ? "likely" : "possible"),
      ...(reads || isUnknown ? { severity: "info" } : {}),
      text:
        `${countText(subject, "segment")} ${senderText(subject)} came while the receive window of ` +
        `${receiverText(subject, "a connection")} was closed or too small: consistent with a program that ` +
        (reads ? "reads more slowly than its peers send." : "does not read, or not fast enough."),
      evidence: [...reasonLines(subject), ...windowLines(netns)],
      next: [ssOfPort(subject, "-tnmp")],
    };
  },
  refute: "Recv-Q of the connection (ss -tn) that is near 0 while such drops come.",
  advice: [
    {
      action: "Find out what the program waits for instead of reading: ss -tnp names it",
      why: "the kernel keeps what came until Recv-Q is full, and then closes the window",
    },
    {
      action: "Raise SO_RCVBUF or net.ipv4.tcp_rmem for readers that pause",
      why: "the window is as large as the free part of the buffer",
      risk: "a slow reader then only takes longer to stop its peer, and more memory",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_data_queue(), tcp_sequence(); net/ipv4/tcp_output.c: tcp_select_window() " +
      "(Linux 6.18)",
    "Documentation/networking/snmp_counter.rst: TcpExtTCPToZeroWindowAdv",
    "RFC 9293, 3.8.6.1",
  ],
};

const RECEIVE_MEMORY: DropRule = {
  about: "drops",
  id: "receive-memory",
  title: "No memory for received data",
  severity: "warning",
  needs: [],
  signs: "PROTO_MEM, SOCKET_RCVBUFF, TCP_OFO_QUEUE_PRUNE or PFMEMALLOC.",
  against: "Nothing: the kernel names it. Which limit was reached follows from the reason and the settings.",
  matches: (incident) =>
    isReason(incident, "PROTO_MEM", "SOCKET_RCVBUFF", "TCP_OFO_QUEUE_PRUNE", "PFMEMALLOC"),
  together: "service",
  judge: (subject, netns) => ({
    certainty: certaintyFor(subject, "certain"),
    text:
      `${countText(subject, "segment")} ${wayText(subject)} ${wereText(subject)} dropped ` +
      `for want of memory: ${limitText(reasonsOf(subject))}.`,
    evidence: [
      ...reasonLines(subject),
      ...counterLines(
        netns,
        "TcpExtPruneCalled",
        "TcpExtRcvPruned",
        "TcpExtOfoPruned",
        "TcpExtTCPRcvQDrop",
        "TcpExtTCPRcvCollapsed",
        "TcpExtPFMemallocDrop",
      ),
      ...sysctlLines(netns, "net/ipv4/tcp_rmem", "net/ipv4/tcp_mem"),
    ],
    next: [ssOfPort(subject, "-tnmp"), ["cat", "/proc/net/sockstat"]],
  }),
  refute: "Memory of the sockets (ss -tm) and of TCP (/proc/net/sockstat) far below the limits meanwhile.",
  advice: [
    {
      action: "Let the program read faster; look for losses that leave gaps in what it waits for",
      why: "out-of-order data stays in memory until the gap is filled",
    },
    {
      action:
        "Raise the limit: net.ipv4.tcp_rmem for a socket, net.ipv4.tcp_mem for all, memory.max of the cgroup",
      risk: "the memory is then missing elsewhere",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_data_queue(), tcp_try_rmem_schedule(), tcp_prune_ofo_queue() (Linux 6.18)",
    "Documentation/networking/ip-sysctl.rst: tcp_mem, tcp_rmem",
    "https://blog.cloudflare.com/unbounded-memory-usage-by-tcp-for-receive-buffers-and-how-we-fixed-it/",
  ],
};

const BACKLOG_FULL: DropRule = {
  about: "drops",
  id: "backlog-full",
  title: "Socket backlog full",
  severity: "warning",
  needs: [],
  signs: "SOCKET_BACKLOG: segments came while the program held the socket, more than its buffers allow.",
  against: "Nothing: the kernel names it.",
  matches: (incident) => isReason(incident, "SOCKET_BACKLOG"),
  together: "service",
  judge: (subject, netns) => ({
    certainty: certaintyFor(subject, "certain"),
    text:
      `${countText(subject, "segment")} ${wayText(subject)} came ` +
      "while the program held the socket, and its backlog was full.",
    evidence: [
      `${plural(subject.connections, "connection")}`,
      ...counterLines(netns, "TcpExtTCPBacklogDrop"),
      ...sysctlLines(netns, "net/ipv4/tcp_rmem"),
    ],
    next: [ssOfPort(subject, "-tnmp")],
  }),
  refute: "TcpExtTCPBacklogDrop that stays as it is while such drops come.",
  advice: [
    {
      action: "Let the program write and read in smaller pieces",
      why: "the socket is locked for the whole of a large send() or recv(); segments wait in the backlog",
    },
    {
      action: "Raise SO_RCVBUF or net.ipv4.tcp_rmem",
      why: "the backlog may grow to the size of the buffers",
      risk: "more memory for each connection",
    },
  ],
  sources: ["net/ipv4/tcp_ipv4.c: tcp_add_backlog() (Linux 6.18)"],
};

function windowLines(netns: NetnsEvidence | undefined): readonly string[] {
  const closed = roseIn(netns, CLOSED) ?? 0;
  const opened = roseIn(netns, OPENED);
  if (closed === 0) return [];
  const again = opened === undefined ? "" : ` and opened again ${plural(opened, "time")}`;
  return [`Windows closed ${plural(closed, "time")}${again} (all connections)`];
}

function limitText(reasons: readonly string[]): string {
  const [first] = reasons;
  if (first === "PFMEMALLOC") return "the machine lives on its reserve";
  if (first === "SOCKET_RCVBUFF") return "the receive buffer of the socket is full";
  if (first === "TCP_OFO_QUEUE_PRUNE")
    return "out-of-order data was thrown away to make room in the receive buffer";
  return "the limit of the socket, of TCP or of the cgroup is reached";
}

export const RECEIVING_RULES: readonly Rule[] = [ZERO_WINDOW, RECEIVE_MEMORY, BACKLOG_FULL];
