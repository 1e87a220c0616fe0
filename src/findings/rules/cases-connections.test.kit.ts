/** Handshakes, numbers that do not fit, signatures. */
import { drops, refusedSyns, rose } from "../incidents.test.kit.ts";
import { ACK, csum, DATA, nobody, RCV, type RuleCase } from "./rule-case.test.kit.ts";

export const HANDSHAKE: readonly RuleCase[] = [
  {
    rule: "lost-syn-acks",
    title: "SYNs that were answered before",
    events: drops({ reason: "NOT_SPECIFIED", location: RCV, state: "LISTEN", count: 3 }),
    is: { certainty: "likely", severity: "warning" },
    text: /SYN-ACKs that get lost/,
    next: /^tcpdump -nni any -c 20 host 192\.0\.2\.1 and port 443$/,
    netns: { enter: [] },
  },
  {
    rule: "lost-syn-acks",
    title: "SYNs that were refused",
    events: refusedSyns("ACCEPT_QUEUE_FULL", { count: 3, clients: 1 }),
    instead: ["accept-queue-slow-app"],
  },
  {
    rule: "paws-behind-nat",
    title: "SYNs of one address, on several ports in TIME_WAIT",
    events: drops({ reason: "TCP_RFC7323_TW_PAWS", location: RCV, state: "TIME_WAIT" }),
    is: { certainty: "likely", severity: "critical" },
    text: /several hosts behind one address/,
  },
  {
    rule: "paws-behind-nat",
    title: "late data of one connection",
    events: drops({
      reason: "TCP_RFC7323_PAWS",
      location: "tcp_validate_incoming+0x10",
      ...DATA,
      sameConnection: true,
    }),
    is: { certainty: "possible", severity: "warning" },
  },
  {
    rule: "paws-behind-nat",
    title: "late ACKs that carry nothing",
    events: drops({ reason: "TCP_RFC7323_PAWS_ACK", location: "tcp_validate_incoming+0x10", ...ACK }),
    instead: ["duplicates"],
  },
];

export const NUMBERS: readonly RuleCase[] = [
  {
    rule: "md5-ao-mismatch",
    title: "a wrong signature",
    events: drops({ reason: "TCP_MD5FAILURE", location: RCV, dport: 179 }),
    is: { certainty: "certain", severity: "critical" },
    text: /MD5 signature is wrong/,
  },
  {
    rule: "md5-ao-mismatch",
    title: "counters that other reasons raised are no evidence",
    events: drops({ reason: "TCP_MD5UNEXPECTED", location: RCV, dport: 179, count: 2 }),
    netns: {
      rose: rose({ TcpExtTCPMD5Unexpected: 2, TcpExtTCPMD5NotFound: 3, TcpExtTCPMD5Failure: 3 }),
    },
    evidence: /^2 drops for TCP_MD5UNEXPECTED in tcp_v4_rcv\nTcpExtTCPMD5Unexpected rose by 2$/,
  },
  {
    rule: "md5-ao-mismatch",
    title: "a wrong checksum",
    events: drops(csum),
    instead: ["checksum-offload"],
  },
  {
    rule: "app-closes-early",
    title: "data after close()",
    events: drops({ reason: "TCP_ABORT_ON_DATA", location: "tcp_rcv_state_process+0x10", ...DATA }),
    is: { certainty: "certain", severity: "warning" },
  },
  {
    rule: "app-closes-early",
    title: "the socket is gone altogether",
    events: drops({ ...nobody, ...DATA, state: undefined }),
    instead: ["late-segments"],
  },
  {
    rule: "blind-sequence",
    title: "many tries",
    events: drops({
      reason: "TCP_RESET",
      location: "tcp_validate_incoming+0x10",
      flags: ["RST"],
      count: 200,
    }),
    is: { certainty: "possible", severity: "warning" },
  },
  {
    rule: "blind-sequence",
    title: "a single RST that comes late",
    events: drops({
      reason: "TCP_RESET",
      location: "tcp_validate_incoming+0x10",
      flags: ["RST"],
      state: "ESTABLISHED",
      count: 1,
    }),
    instead: [],
  },
  {
    rule: "blind-sequence",
    title: "old data",
    events: drops({ reason: "TCP_OLD_SEQUENCE", location: "tcp_validate_incoming+0x10", ...DATA }),
    instead: ["duplicates"],
  },
  {
    rule: "old-duplicates",
    title: "many, and DSACKs",
    events: drops({ reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x10", ...DATA, count: 30 }),
    netns: { rose: rose({ TcpExtTCPDSACKOldSent: 30 }) },
    is: { certainty: "possible", severity: "info" },
  },
  {
    rule: "old-duplicates",
    title: "a few",
    events: drops({ reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x10", ...DATA }),
    netns: { rose: rose({ TcpExtTCPDSACKOldSent: 5 }) },
    instead: ["duplicates"],
  },
  {
    rule: "duplicates",
    title: "nobody read the counters",
    events: drops({ reason: "TCP_OFOMERGE", location: "tcp_data_queue_ofo+0x10", ...DATA }),
    is: { certainty: "certain", severity: "info" },
  },
  {
    rule: "duplicates",
    title: "out-of-order data that was pruned",
    events: drops({ reason: "TCP_OFO_QUEUE_PRUNE", location: "tcp_prune_ofo_queue+0x10", ...DATA }),
    instead: ["receive-memory"],
  },
];
