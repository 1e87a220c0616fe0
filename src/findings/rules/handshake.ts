/** Handshakes that do not get on: SYN-ACKs that get lost, timestamps that go back. */
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { sendersOf, wayText } from "./ends.ts";
import { counterLines, countText, ipCommand, peersText, serviceText } from "./phrases.ts";
import { isAll, isAllIn, isIn, isReason, isVariant, portOf, TCP_RCV } from "./signs.ts";

/** A SYN for a handshake that is under way: it was answered before. */
function isSynAgain(incident: Incident): boolean {
  return (
    isVariant(incident, "not-specified/half-open-syn-again*", "tcp-fastopen/syn-again") ||
    (isReason(incident, "NOT_SPECIFIED") &&
      isIn(incident, ...TCP_RCV) &&
      isAllIn(incident, "LISTEN") &&
      isAll(incident, "syn"))
  );
}

const LOST_SYN_ACKS: DropRule = {
  about: "drops",
  id: "lost-syn-acks",
  title: "SYN-ACKs get lost",
  severity: "warning",
  needs: ["events"],
  signs: "SYNs that come again for a handshake under way (NOT_SPECIFIED in tcp_v4_rcv, state LISTEN).",
  against: "A single SYN that came again at once: it may have been duplicated on the way.",
  matches: isSynAgain,
  together: "service",
  judge: (subject) => ({
    certainty: subject.count > 1 ? "likely" : "possible",
    text:
      `${countText(subject, "SYN")} to ${serviceText(subject)} came again although ${subject.count === 1 ? "it had" : "they had"} been ` +
      `answered: consistent with SYN-ACKs that get lost on the way to ${peersText(subject)}.`,
    evidence: [
      `${plural(subject.connections, "connection")} had to wait for a second SYN-ACK; the kernel sent it`,
    ],
    next: nextOfPeer(subject),
  }),
  refute: "SYN-ACKs in a capture at the client: then its ACKs get lost, or the client ignores the answer.",
  advice: [
    {
      action: "Capture the handshake at both ends, and find the hop that loses SYN-ACKs",
      why: "the way back may be another one than the way here",
    },
    { action: "Look at firewalls and at the route back: they see only one half of the connection" },
  ],
  sources: [
    "net/ipv4/tcp_minisocks.c: tcp_check_req(): the SYN-ACK is sent again (Linux 6.18)",
    "RFC 9293, 3.8.1",
  ],
};

const PAWS: DropRule = {
  about: "drops",
  id: "paws-behind-nat",
  title: "Timestamps that go back",
  severity: "warning",
  needs: ["events"],
  signs: "TCP_RFC7323_PAWS, or TCP_RFC7323_TW_PAWS where a port is reused within a minute.",
  against: "A single connection: its own segments may have been very late.",
  matches: (incident) =>
    isReason(incident, "TCP_RFC7323_PAWS", "TCP_RFC7323_TW_PAWS") && incident.class === "loss",
  together: "service",
  judge: (subject, netns) => {
    const { syn } = subject.segments;
    const isShared = subject.connections > 1 && sendersOf(subject).length === 1;
    return {
      certainty: isShared && syn > 0 ? "likely" : "possible",
      ...(syn > 0 ? { severity: "critical" } : {}),
      text:
        `${countText(subject, "segment")} ${wayText(subject)} had a TCP timestamp ` +
        `older than one already seen${synsText(subject)}: consistent with ` +
        `${isShared || syn > 0 ? "" : "very late segments, or "}several hosts behind one address.`,
      evidence: [
        plural(subject.connections, "connection"),
        ...counterLines(netns, "TcpExtPAWSEstab", "TcpExtPAWSTimewait"),
      ],
      next: nextOfPeer(subject),
    };
  },
  refute: "Timestamps (TSval) in a capture that only rise for each client: then segments were merely late.",
  advice: [
    {
      action: "Let the NAT or load balancer use more source ports, or addresses",
      why: "a port that another host used within the last minute has that host's timestamps",
    },
    {
      action: "Let the client close first",
      why: "then TIME_WAIT is at its end, which knows its own timestamps",
    },
  ],
  sources: [
    "net/ipv4/tcp_minisocks.c: tcp_timewait_state_process(); net/ipv4/tcp_input.c: tcp_validate_incoming() " +
      "(Linux 6.18)",
    "RFC 7323, section 5",
  ],
};

/** ", 3 of them SYNs", where any was one. */
function synsText({ count, segments: { syn } }: Subject): string {
  if (syn === 0) return "";
  if (count === 1) return ", a SYN";
  return syn === 1 ? ", one of them a SYN" : `, ${syn} of them SYNs`;
}

/** The way to the first sender, and its handshakes. */
function nextOfPeer(subject: Subject): readonly Command[] {
  const [peer] = sendersOf(subject);
  const port = portOf(subject);
  if (peer === undefined) return [];
  const only = port === undefined ? ["host", peer] : ["host", peer, "and", "port", String(port)];
  return [["tcpdump", "-nni", "any", "-c", "20", ...only], ipCommand(subject, "route", "get", peer)];
}

export const HANDSHAKE_RULES: readonly Rule[] = [LOST_SYN_ACKS, PAWS];
