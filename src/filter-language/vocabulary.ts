/** The words of the language, and what those of pcap-filter(7) mean for a packet that is always TCP. */

import { FILTER_FIELDS } from "../model/fields/index.ts";

/** What a protocol's name asks of a packet. `never`: no TCP segment is one. */
export interface ProtocolMeaning {
  readonly family?: 4 | 6;
  /** What the IP header must say comes next. */
  readonly number?: number;
  readonly never?: true;
}

const NEVER: ProtocolMeaning = { never: true };

/** Of other layers than IP: no TCP segment is one of them. */
export const FALSE_PROTOCOLS: readonly string[] =
  "arp rarp atalk aarp decnet lat moprc mopdl sca iso esis isis clnp stp ipx netbeui".split(" ");

/**
 * Names that stand alone, as in pcap-filter. All but the first three are plainly false, but for `ah` before
 * an IPv6 segment.
 */
export const PROTOCOLS: ReadonlyMap<string, ProtocolMeaning> = new Map<string, ProtocolMeaning>([
  ["ip", { family: 4 }],
  ["ip6", { family: 6 }],
  ["tcp", { number: 6 }],
  ["udp", { number: 17 }],
  ["sctp", { number: 132 }],
  ["icmp", { family: 4, number: 1 }],
  ["igmp", { family: 4, number: 2 }],
  ["igrp", { family: 4, number: 9 }],
  ["pim", { number: 103 }],
  ["vrrp", { family: 4, number: 112 }],
  ["carp", { family: 4, number: 112 }],
  ["icmp6", { family: 6, number: 58 }],
  ["ah", { number: 51 }],
  ["esp", { number: 50 }],
  ...FALSE_PROTOCOLS.map((name): [string, ProtocolMeaning] => [name, NEVER]),
]);

export const IPPROTO_TCP = 6;

/** After `proto`: the names of IANA's protocol numbers that stand in IP headers. */
export const IP_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ["icmp", 1],
  ["igmp", 2],
  ["ipip", 4],
  ["tcp", 6],
  ["igrp", 9],
  ["udp", 17],
  ["dccp", 33],
  ["gre", 47],
  ["esp", 50],
  ["ah", 51],
  ["icmp6", 58],
  ["ipv6-icmp", 58],
  ["pim", 103],
  ["vrrp", 112],
  ["sctp", 132],
]);

/** Numbers by name, in arithmetic: offsets in a header, and bits of tcp[tcpflags]. */
export const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["tcpflags", 13],
  ["tcp-fin", 0x01],
  ["tcp-syn", 0x02],
  ["tcp-rst", 0x04],
  ["tcp-push", 0x08],
  ["tcp-ack", 0x10],
  ["tcp-urg", 0x20],
  ["tcp-ece", 0x40],
  ["tcp-cwr", 0x80],
]);

/** What a header's bytes can be asked of. */
export const HEADERS = ["ip", "ip6", "tcp"] as const;

/** Primitives of ours that take a word: those that ask for a field of the event. */
export const WORD_PRIMITIVES: readonly string[] = [...FILTER_FIELDS.keys()];

/** Words of nft, iptables and ss that stand for two of pcap-filter. */
export const PORT_ENDS: ReadonlyMap<string, "src" | "dst"> = new Map([
  ["sport", "src"],
  ["dport", "dst"],
]);

/** Words that begin a primitive or an operand. */
export const OPENING_WORDS: readonly string[] = [
  ...PROTOCOLS.keys(),
  ...PORT_ENDS.keys(),
  ...[
    "host",
    "net",
    "port",
    "portrange",
    "proto",
    "src",
    "dst",
    "less",
    "greater",
    "len",
    "payload",
    "loopback",
    "true",
    "false",
    "not",
  ],
  ...WORD_PRIMITIVES,
];

const LINK = "link-layer headers are not looked at; use iface NAME for the interface";
const WIFI = "802.11 headers are not looked at";
const PF = "OpenBSD's packet filter has no part in drops of Linux";
const INNER =
  "a segment inside a tunnel is found by itself: its own addresses and ports are what filters see";

/** What pcap-filter knows and a drop has not, or what is kept for later: a word, why, and what would do. */
export const REFUSED_WORDS: ReadonlyMap<string, { readonly why: string; readonly instead?: string }> =
  new Map([
    ...["ether", "link", "ppp", "slip", "fddi", "tr", "wlan", "llc", "radio"].map(
      (word) => [word, { why: LINK }] as const,
    ),
    ...["type", "subtype", "dir", "addr1", "addr2", "addr3", "addr4", "ra", "ta"].map(
      (word) => [word, { why: WIFI }] as const,
    ),
    ...["rset", "ruleset", "rnr", "rulenum", "srnr", "subrulenum", "action"].map(
      (word) => [word, { why: PF }] as const,
    ),
    ...["on", "ifname", "ifindex"].map(
      (word) => [word, { why: "interfaces go by their name here", instead: "iface eth0" }] as const,
    ),
    ...["mpls", "pppoed", "pppoes", "geneve", "vxlan"].map((word) => [word, { why: INNER }] as const),
    ["vlan", { why: "tags are passed over, and the packet behind them is what filters see" }],
    ["process", { why: "use owner, the process that holds the socket", instead: "owner nginx" }],
    [
      "comm",
      {
        why: "owner asks for the process that holds the socket, cpu-comm for the one that was on the CPU",
        instead: "owner nginx",
      },
    ],
    [
      "stack",
      { why: "the function that dropped the segment is its location", instead: "location tcp_v4_rcv" },
    ],
    ["gateway", { why: LINK }],
    [
      "broadcast",
      { why: "the netmask of the interface is not known here", instead: "dst host 255.255.255.255" },
    ],
    ["protochain", { why: "tcp is found behind extension headers too", instead: "tcp" }],
    ["inbound", { why: "use direction", instead: "direction rx" }],
    ["outbound", { why: "use direction", instead: "direction tx" }],
    ["byte", { why: "bytes are asked for by their header", instead: "ip[9] == 6" }],
  ]);
