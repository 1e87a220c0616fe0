/** Connections that a listening socket does not take: its queues are full. */
import type { NetnsEvidence } from "../evidence.ts";
import { roseIn, whyUnknown } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import {
  boundText,
  counterLines,
  countText,
  list,
  peersText,
  serviceText,
  ssOfListener,
  sysctlLines,
  wereText,
} from "./phrases.ts";
import { certaintyFor, isAllIn, isIn, isReason, isRefused, isVariant, portOf, TCP_RCV } from "./signs.ts";

/** Fewer sources may be a few clients that are in a hurry. */
const FLOOD_SOURCES = 32;
const FLOOD_SYNS = 100;
/** Of a flood nearly no source sends a second SYN, and nearly no handshake completes. */
const SYNS_PER_SOURCE = 4;
const REFUSED_PER_OPENED = 10;

const OVERFLOWS = "TcpExtListenOverflows";

/** The kernel's own names leave no doubt that the accept queue was full. */
export function isOverflow(incident: Incident): boolean {
  return (
    isRefused(incident, "ACCEPT_QUEUE_FULL") ||
    isReason(incident, "TCP_LISTEN_OVERFLOW") ||
    isVariant(incident, "no-socket/syn-cookie-accept-queue-full") ||
    (isReason(incident, "NO_SOCKET") && isIn(incident, "cookie_v4_check", "cookie_v6_check"))
  );
}

/** Before Linux 6.15 the last ACK on a full accept queue has no reason of its own. */
function mayBeOverflow(incident: Incident): boolean {
  return (
    isVariant(incident, "not-specified/last-ack") ||
    (isReason(incident, "NOT_SPECIFIED") &&
      isIn(incident, ...TCP_RCV) &&
      isAllIn(incident, "LISTEN") &&
      incident.segments.syn === 0 &&
      incident.segments.bareAck > 0)
  );
}

const SYN_FLOOD: DropRule = {
  about: "drops",
  id: "syn-flood",
  title: "SYN flood",
  severity: "critical",
  needs: ["events"],
  signs:
    `Refused SYNs (SYN_QUEUE_FULL, and LISTEN_DROP where SYN cookies are off) of at least ` +
    `${FLOOD_SOURCES} sources with few SYNs each; where ` +
    `sources are ` +
    `not known, at least ${FLOOD_SYNS} SYNs and ${REFUSED_PER_OPENED} for each connection that was opened.`,
  against: "An accept queue of the same port that is full (so handshakes complete), or few sources.",
  matches: (incident) => isRefused(incident, "SYN_QUEUE_FULL", "LISTEN_DROP"),
  together: "port",
  pick: (incidents, evidence) =>
    incidents.filter((one) => isRefused(one, "SYN_QUEUE_FULL") || hasNoCookies(evidence.netns(one.netns))),
  judge: (subject, netns, { incidents }) => {
    const port = portOf(subject);
    const isQuarter = subject.incidents.some((one) => isRefused(one, "LISTEN_DROP"));
    const isSlow = incidents.some((one) => isOverflow(one) && one.service?.port === port);
    if (isSlow || !isFlood(subject, roseIn(netns, "TcpPassiveOpens"))) return undefined;
    return {
      certainty: subject.peers.length > 0 && !isQuarter ? "likely" : "possible",
      text:
        `${countText(subject, "SYN")} to ${serviceText(subject)} were refused` +
        `${isQuarter ? "" : " because too many handshakes were incomplete"}: consistent with a SYN flood.`,
      evidence: [
        ...(isQuarter
          ? ["Without SYN cookies the last quarter of tcp_max_syn_backlog is kept for peers known before"]
          : []),
        ...(subject.peers.length > 0 ? [`The SYNs came from ${peersText(subject)}`] : []),
        ...counterLines(
          netns,
          "TcpPassiveOpens",
          "TcpExtListenDrops",
          "TcpExtTCPReqQFullDrop",
          "TcpExtTCPReqQFullDoCookies",
        ),
        ...sysctlLines(netns, "net/ipv4/tcp_syncookies", "net/ipv4/tcp_max_syn_backlog"),
      ],
      next: [recvQueue(port), ["nstat", "-az", "TcpExtTCPReqQFull*", "TcpExtSyncookies*"]],
    };
  },
  refute: "Handshakes of the same sources that complete: many clients at once, after an outage for example.",
  advice: [
    {
      action: "Switch SYN cookies on: sysctl net.ipv4.tcp_syncookies=1",
      why: "handshakes that are incomplete then take no memory",
      risk: "options such as window scaling get lost without timestamps",
    },
    { action: "Limit the rate of SYNs in front of this host", risk: "it limits real clients too" },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_conn_request(); include/net/inet_connection_sock.h: " +
      "inet_csk_reqsk_queue_is_full() (Linux 6.18)",
    "Documentation/networking/ip-sysctl.rst: tcp_syncookies",
    "https://blog.cloudflare.com/syn-packet-handling-in-the-wild/",
  ],
};

const ACCEPT_QUEUE: DropRule = {
  about: "drops",
  id: "accept-queue-slow-app",
  title: "Accept queue full",
  severity: "critical",
  needs: ["events"],
  signs:
    "Refused SYNs (ACCEPT_QUEUE_FULL, SYN_QUEUE_FULL), last ACKs of handshakes (TCP_LISTEN_OVERFLOW, " +
    "NO_SOCKET " +
    "in cookie_v4_check; before 6.15 NOT_SPECIFIED in state LISTEN while ListenOverflows rises).",
  against: "A SYN queue that is full alone, from many sources: a flood.",
  matches: (incident) =>
    isOverflow(incident) || mayBeOverflow(incident) || isRefused(incident, "SYN_QUEUE_FULL"),
  together: "port",
  judge: (subject, netns) => {
    const isNamed = subject.incidents.some(isOverflow);
    const rose = roseIn(netns, OVERFLOWS);
    const isSynQueue = subject.incidents.every((one) => isRefused(one, "SYN_QUEUE_FULL"));
    // An ACK may also be left aside until data comes (TCP_DEFER_ACCEPT): only the counter shows that.
    if (!isNamed && !isSynQueue && rose === undefined) return { unknown: whyUnknown(netns, OVERFLOWS) };
    if (!isNamed && !isSynQueue && rose === 0) return undefined;
    const syns = sumOf(subject, ({ kind }) => kind === "refused");
    const acks = subject.count - syns;
    const lost = [
      syns > 0 ? [plural(syns, "SYN")] : [],
      acks > 0 ? [`${plural(acks, "last ACK")} of ${acks === 1 ? "a handshake" : "handshakes"}`] : [],
    ].flat();
    return {
      certainty: isNamed ? certaintyFor(subject, "certain") : "likely",
      text: isSynQueue
        ? `The SYN queue of ${serviceText(subject)} was full: ${boundText(subject)}${lost.join("")} ${wereText(subject)} refused, from ` +
          `${peersText(subject)}.`
        : `The accept queue of ${serviceText(subject)} was full: ${boundText(subject)}` +
          `${lost.join(" and ")} ${wereText(subject)} dropped, and the clients ` +
          "have to wait or give up.",
      evidence: [
        ...queueLines(subject, netns),
        ...counterLines(netns, OVERFLOWS, "TcpExtListenDrops"),
        ...sysctlLines(netns, "net/core/somaxconn"),
      ],
      next: [ssOfListener(subject), ["nstat", "-az", OVERFLOWS, "TcpExtListenDrops"]],
    };
  },
  refute: "Recv-Q of the listening socket (ss -ltn) that stays below Send-Q while such drops come.",
  advice: [
    {
      action: "See why the program accepts so slowly: its CPU, its threads, what it waits for",
      why: "the queue fills because connections come faster than accept() takes them",
    },
    {
      action: "Raise its listen() backlog, and net.core.somaxconn above it",
      why: "the queue holds the smaller of both; that helps against bursts",
      risk: "a longer queue hides a slow program: clients wait longer, and fail later",
    },
  ],
  sources: [
    "net/ipv4/tcp_ipv4.c: tcp_v4_syn_recv_sock(), exit_overflow; net/ipv4/tcp_input.c: tcp_conn_request(); " +
      "net/ipv4/syncookies.c: cookie_v4_check() (Linux 6.18)",
    "Documentation/networking/snmp_counter.rst: TcpExtListenOverflows",
    "https://blog.cloudflare.com/syn-packet-handling-in-the-wild/",
  ],
};

/** At the end of the run. */
function hasNoCookies(netns: NetnsEvidence | undefined): boolean {
  return netns?.sysctl?.get("net/ipv4/tcp_syncookies")?.trim() === "0";
}

function isFlood({ peers, count }: Subject, opened: number | undefined): boolean {
  if (peers.length > 0) return peers.length >= FLOOD_SOURCES && count <= peers.length * SYNS_PER_SOURCE;
  return opened !== undefined && count >= FLOOD_SYNS && count >= opened * REFUSED_PER_OPENED;
}

function sumOf({ incidents }: Subject, isWanted: (incident: Incident) => boolean): number {
  return incidents.filter(isWanted).reduce((sum, { count }) => sum + count, 0);
}

/** How full the queue was at a refused SYN, and is at the end. */
function queueLines(subject: Subject, netns: NetnsEvidence | undefined): readonly string[] {
  const port = portOf(subject);
  const then = subject.incidents.flatMap(({ example }) => {
    if (example?.kind !== "refused") return [];
    const { acceptQueue, acceptQueueLimit } = example.detail;
    return acceptQueue === undefined || acceptQueueLimit === undefined
      ? []
      : [
          `At a refused SYN ${plural(acceptQueue, "connection")} waited for accept(), backlog ` +
            `${acceptQueueLimit}`,
        ];
  });
  const now = (netns?.listeners ?? [])
    .filter((listener) => listener.port === port)
    .map(({ address, acceptQueue, backlog }) => `${acceptQueue} at ${address} (backlog ${backlog})`);
  return [
    ...then.slice(0, 1),
    ...(now.length === 0 ? [] : [`Waiting for accept() at the end of the run: ${list(now)}`]),
  ];
}

function recvQueue(port: number | undefined): Command {
  const filter = port === undefined ? [] : [`sport = :${port}`];
  return ["ss", "-tn", "state", "syn-recv", ...filter];
}

export const ACCEPT_QUEUE_RULES: readonly Rule[] = [SYN_FLOOD, ACCEPT_QUEUE];
