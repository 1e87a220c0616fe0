/** Segments whose numbers do not fit: duplicates, blind segments, data after close. */
import { roseIn, whyUnknown } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { DropRule, Rule } from "../rule.ts";
import { receiverText, senderText, ssOfPort, wayText } from "./ends.ts";
import { counterLines, countText } from "./phrases.ts";
import { reasonLines } from "./reason-lines.ts";
import { certaintyFor, isReason } from "./signs.ts";

/** A few needless retransmissions are part of every connection that lost something. */
const MANY_DUPLICATES = 10;
/** Duplicates that this host reported to their senders. */
const REPORTED = "TcpExtTCPDSACKOldSent";
/** Tries of a blind attacker, or of a middlebox that rewrites: again and again. */
const MANY_TRIES = 10;

const CLOSES_EARLY: DropRule = {
  about: "drops",
  id: "app-closes-early",
  title: "The program closed with data on the way",
  severity: "warning",
  needs: [],
  signs: "TCP_ABORT_ON_DATA, or TCP_CLOSE with data: data came for a socket that the program had closed.",
  against: "A client that cancels on purpose, such as a browser that leaves a page.",
  matches: (incident) =>
    isReason(incident, "TCP_ABORT_ON_DATA") ||
    (isReason(incident, "TCP_CLOSE") && incident.segments.payload > 0),
  together: "service",
  judge: (subject, netns) => ({
    certainty: subject.incidents.every((one) => isReason(one, "TCP_ABORT_ON_DATA")) ? "certain" : "likely",
    text:
      `${countText(subject, "segment")} ${senderText(subject)} with data came for sockets of ` +
      `${receiverText(subject, "connections")} that the program here had closed; the sender gets a RST.`,
    evidence: [
      plural(subject.connections, "connection"),
      ...counterLines(netns, "TcpExtTCPAbortOnData", "TcpExtTCPAbortOnClose"),
    ],
    next: [ssOfPort(subject, "-tanp")],
  }),
  refute: "A protocol in which this end may close at any time, and the peer expects it.",
  advice: [
    {
      action: "Let the program read to the end, or shutdown(SHUT_WR) and read until the peer closes too",
      why: "after a RST the peer may lose an answer that it had not read yet",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_rcv_state_process(), TCP_ABORT_ON_DATA (Linux 6.18)",
    "RFC 9293, 3.6.1; RFC 1122, 4.2.2.13",
  ],
};

const BLIND_SEQUENCE: DropRule = {
  about: "drops",
  id: "blind-sequence",
  title: "Sequence numbers that do not fit",
  severity: "warning",
  needs: [],
  signs:
    "TCP_INVALID_SEQUENCE, TCP_TOO_OLD_ACK, TCP_ACK_UNSENT_DATA, TCP_INVALID_ACK_SEQUENCE, TCP_OLD_ACK, " +
    "TCP_RESET " +
    "or TCP_INVALID_SYN.",
  against:
    `Fewer than ${MANY_TRIES} that were refused and answered: a peer that restarted, or reuses a port. Before ` +
    "6.6 old data counts here too.",
  matches: (incident) =>
    isReason(
      incident,
      "TCP_INVALID_SEQUENCE",
      "TCP_TOO_OLD_ACK",
      "TCP_ACK_UNSENT_DATA",
      "TCP_INVALID_ACK_SEQUENCE",
      "TCP_OLD_ACK",
      "TCP_RESET",
      "TCP_INVALID_SYN",
    ) && incident.class !== "duplicate",
  together: "service",
  judge: (subject, netns) => {
    const { segments } = subject;
    const isLoss = subject.incidents.some(({ class: dropClass }) => dropClass === "loss");
    const isMany = subject.count >= MANY_TRIES;
    // A RST that comes late, or a port that is used again: the kernel has answered, and nobody is harmed.
    if (!isLoss && !isMany) return undefined;
    return {
      certainty: "possible",
      text:
        `${countText(subject, "segment")} ${senderText(subject)} did not fit the connections of ` +
        `${receiverText(subject, "this host")}: consistent with ` +
        (isMany
          ? "forged segments, or a middlebox that rewrites numbers or has lost its state."
          : "a peer that restarted or reuses a port, or a forged segment."),
      evidence: [
        ...reasonLines(subject),
        `${plural(subject.connections, "connection")}: ${segments.syn} SYN, ${segments.rst} RST, ` +
          `${segments.payload} with data`,
        ...counterLines(netns, "TcpExtTCPChallengeACK", "TcpExtTCPSYNChallenge", "TcpExtBeyondWindow"),
      ],
      next: [ssOfPort(subject, "-tanei")],
    };
  },
  refute: "The same numbers in a capture at the peer: then it sent them itself.",
  advice: [
    {
      action: "Capture at both ends, and compare sequence numbers and TTL",
      why: "a forged segment has another TTL; a middlebox shows as numbers that differ",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_validate_incoming(), tcp_ack(), tcp_sequence() (Linux 6.18)",
    "RFC 5961",
  ],
};

const OLD_DUPLICATES: DropRule = {
  about: "drops",
  id: "old-duplicates",
  title: "Needless retransmissions",
  severity: "info",
  needs: ["counters"],
  signs:
    `At least ${MANY_DUPLICATES} segments of class duplicate, while this host reports duplicates ` +
    `(DSACK).`,
  against: "A few, or no DSACKs: then reordering, or copies that the network made.",
  matches: ({ kind, class: dropClass, segments }) =>
    kind === "drop" && dropClass === "duplicate" && segments.payload > 0,
  together: "service",
  judge: (subject, netns) => {
    if (subject.count < MANY_DUPLICATES) return undefined;
    const reported = roseIn(netns, REPORTED);
    if (reported === undefined) return { unknown: whyUnknown(netns, REPORTED) };
    if (reported === 0) return undefined;
    return {
      certainty: "possible",
      text:
        `${countText(subject, "segment")} ${wayText(subject)} had arrived ` +
        "before: consistent with ACKs that get lost, or retransmission time-outs shorter than the round " +
        "trip.",
      evidence: [
        ...reasonLines(subject),
        ...counterLines(
          netns,
          "TcpExtTCPDSACKOldSent",
          "TcpExtTCPDSACKOfoSent",
          "TcpExtDelayedACKLost",
          "TcpExtTCPOFOMerge",
        ),
      ],
      next: [ssOfPort(subject, "-tni"), ["nstat", "-az", "TcpExtTCPDSACK*"]],
    };
  },
  refute: "A copy of each segment in a capture at the sender: then it sends them twice itself.",
  advice: [
    {
      action:
        "See whether the round trip got longer (rtt in ss -ti), and whether ACKs get lost on the way back",
      why: "no data is lost; the sender only slows down without need",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_data_queue(), tcp_send_dupack(), tcp_ofo_queue() (Linux 6.18)",
    "RFC 2883; RFC 6298",
  ],
};

const DUPLICATES: DropRule = {
  about: "drops",
  id: "duplicates",
  title: "Segments that arrived twice",
  severity: "info",
  needs: [],
  signs: "Drops of class duplicate that no other rule explains.",
  against: "Nothing that would matter: what they carry had arrived.",
  matches: ({ kind, class: dropClass }) => kind === "drop" && dropClass === "duplicate",
  together: "netns",
  judge: (subject) => ({
    certainty: certaintyFor(subject, "certain"),
    text:
      `${countText(subject, "segment")} ${senderText(subject)} carried what had arrived before, or ` +
      `what newer ` +
      "segments had replaced: nothing was lost.",
    evidence: [...reasonLines(subject), plural(subject.connections, "connection")],
    next: [["nstat", "-az", "TcpExtTCPDSACK*"]],
  }),
  refute: "Data that the receiver misses, although the sender got an acknowledgement for it.",
  advice: [{ action: "Nothing, unless they are a large part of the traffic" }],
  sources: ["docs/reasons.md, class duplicate", "RFC 9293, 3.10.7.4"],
};

export const SEQUENCE_RULES: readonly Rule[] = [CLOSES_EARLY, BLIND_SEQUENCE, OLD_DUPLICATES, DUPLICATES];
