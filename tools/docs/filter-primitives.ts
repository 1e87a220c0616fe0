/** The primitives of the filter language: docs/filters.md is made from these rows. */
import { FILTER_FIELDS } from "../../src/model/fields/index.ts";

export interface PrimitiveRow {
  /** How it is written; words in capitals stand for arguments. */
  readonly form: string;
  /** Filters that parse; the docs show the first. */
  readonly examples: readonly string[];
  readonly meaning: string;
}

/** As in pcap-filter(7). */
export const PACKET_PRIMITIVES: readonly PrimitiveRow[] = [
  {
    form: "[DIR] host ADDRESS",
    examples: ["host 10.0.0.1", "src host ::1", "src 10.0.0.1", "src and dst host 10.0.0.1"],
    meaning: "either end has this address, of IPv4 or IPv6",
  },
  {
    form: "[DIR] net NETWORK",
    examples: ["net 10.0.0.0/8", "net 10", "net 10.0.0.0 mask 255.0.0.0", "dst net 2001:db8::/32"],
    meaning:
      "either end is in this network. `net 10` is 10.0.0.0/8, `net 10.1` 10.1.0.0/16; `net 10.0.0.0` one address",
  },
  {
    form: "[tcp] [DIR] port PORT",
    examples: ["port 443", "tcp dst port https", "src or dst port 80"],
    meaning: "either end has this port: a number, or a name in /etc/services",
  },
  {
    form: "[tcp] sport PORT, [tcp] dport PORT",
    examples: ["dport 443", "tcp sport https"],
    meaning: "`src port PORT`, `dst port PORT`, as nft and iptables write them; not in pcap-filter",
  },
  {
    form: "[tcp] [DIR] portrange LOW-HIGH",
    examples: ["portrange 8000-8100", "src portrange 1-1023"],
    meaning: "either end has a port from LOW to HIGH",
  },
  { form: "ip, ip6", examples: ["ip", "ip6"], meaning: "IPv4, IPv6" },
  { form: "tcp", examples: ["tcp"], meaning: "always true: all drops are TCP" },
  {
    form: "udp, sctp, icmp, icmp6, igmp, igrp, pim, vrrp, carp, esp, arp, rarp, ...",
    examples: ["udp", "icmp", "arp", "udp port 53"],
    meaning:
      "never true; allowed, so that filters can be shared with tcpdump: `udp or tcp port 53` is `port 53`",
  },
  {
    form: "[ip, ip6] proto NUMBER",
    examples: ["proto 6", "ip proto tcp", "ip6 proto 44"],
    meaning: "the header after the IP header; 6 is also true behind extension headers. `ah` is `proto 51`",
  },
  {
    form: "ip multicast, ip6 multicast",
    examples: ["ip multicast", "ip6 multicast"],
    meaning: "the destination is a multicast address; for IPv4 also one above these, as in pcap-filter",
  },
  {
    form: "less LENGTH, greater LENGTH",
    examples: ["less 100", "greater 1000"],
    meaning: "`len <= LENGTH`, `len >= LENGTH`",
  },
  {
    form: "VALUE RELATION VALUE",
    examples: [
      "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
      "ip[8] < 5",
      "tcp[13] & 2 != 0",
      "ip6[6] = 6",
      "len > 1500",
    ],
    meaning:
      "compares, unsigned, with `=`, `==`, `!=`, `<`, `<=`, `>` or `>=`. A value is a number, `len`, " +
      "`payload`, 1, 2 or 4 bytes of a header (`ip[OFFSET]`, `ip6[OFFSET:SIZE]`, `tcp[OFFSET:SIZE]`), " +
      "or these joined by `+ - * / % & | ^ << >>`. Names of numbers: `tcpflags` is 13, `tcp-syn` is 2, " +
      "and so on for `fin`, `rst`, `push`, `ack`, `urg`, `ece`, `cwr`",
  },
];

/** Our own: fields of the event, and what else can be asked of it. */
export const EVENT_PRIMITIVES: readonly PrimitiveRow[] = [
  ...[...FILTER_FIELDS.values()].flatMap(({ filter }) => (filter === undefined ? [] : [filter])),
  {
    form: "loopback",
    examples: ["loopback"],
    meaning: "either end is in 127.0.0.0/8 or is ::1, or the interface is `lo`",
  },
  {
    form: "payload RELATION VALUE",
    examples: ["payload > 0", "payload == 1448"],
    meaning: "the number of bytes of TCP payload",
  },
  { form: "true, false", examples: ["true", "false"], meaning: "every drop, no drop" },
];
