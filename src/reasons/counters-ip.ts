/**
 * Counters that IP raises: /proc/net/snmp (Ip), /proc/net/netstat (IpExt, one of TcpExt), /proc/net/snmp6.
 */
import type { CounterRule, EventMatch } from "./counter-rule.ts";

/** Functions into which ip_rcv_core() and ip6_rcv_core() may be inlined. */
const IP_RCV = ["ip_rcv_core", "ip_rcv", "ip_list_rcv", "ip_sublist_rcv"] as const;
const IP6_RCV = ["ip6_rcv_core", "ipv6_rcv", "ipv6_list_rcv", "ip6_sublist_rcv"] as const;
const IP_RCV_FINISH = [
  "ip_rcv_finish_core",
  "ip_rcv_finish",
  "ip_rcv",
  "ip_list_rcv_finish",
  "ip_sublist_rcv",
] as const;
const IP6_DELIVER = ["ip6_protocol_deliver_rcu"] as const;
const IP6_OPTIONS = [
  "ip6_tlvopt_unknown",
  "ip6_parse_tlv",
  "ipv6_destopt_rcv",
  "ipv6_parse_hopopts",
] as const;

const OTHERS = "Packets of other protocols count too.";
const OWN_ANSWERS =
  "ICMP, UDP and raw data of this host count too where its output hook or queue dropped them. Of ICMP that is " +
  "what would have said why (fragmentation needed, unreachable): then the sender does not learn it.";
const LOOKUPS =
  "A connect() or a lookup without a route counts too, before there is a packet; so do other protocols.";

const rule = (
  counter: string,
  always: readonly EventMatch[],
  kernelSource: string,
  sometimes: readonly EventMatch[] = [],
  mayDiffer = OTHERS,
): CounterRule => ({
  counters: [counter],
  unit: "skbs",
  always,
  sometimes,
  mayDiffer,
  kernelSource,
});

export const IP_COUNTERS: readonly CounterRule[] = [
  rule(
    "IpInHdrErrors",
    [{ reasons: ["IP_INHDR", "IP_CSUM"], family: 4 }],
    "net/ipv4/ip_input.c: ip_rcv_core(), ip_rcv_options(); net/ipv4/ip_forward.c: ip_forward() (v6.12)",
    [{ reasons: ["NOT_SPECIFIED"], family: 4, at: IP_RCV_FINISH }],
  ),
  rule(
    "IpExtInCsumErrors",
    [{ reasons: ["IP_CSUM"], family: 4 }],
    "net/ipv4/ip_input.c: ip_rcv_core(), csum_error (v6.12)",
  ),
  rule(
    "IpExtInTruncatedPkts",
    [{ reasons: ["PKT_TOO_SMALL"], family: 4, at: IP_RCV }],
    "net/ipv4/ip_input.c: ip_rcv_core() (v6.12)",
  ),
  rule(
    "IpInAddrErrors",
    [{ reasons: ["IP_INADDRERRORS"], family: 4 }],
    "net/ipv4/route.c: ip_error() (v6.12)",
  ),
  rule(
    "IpExtInNoRoutes",
    [{ reasons: ["IP_INNOROUTES"], family: 4 }],
    "net/ipv4/route.c: ip_error() (v6.12)",
  ),
  rule(
    "TcpExtIPReversePathFilter",
    [{ reasons: ["IP_RPFILTER"], family: 4 }],
    "net/ipv4/ip_input.c: ip_rcv_finish_core() (v6.12)",
  ),
  rule("IpInUnknownProtos", [], "net/ipv4/ip_input.c: ip_protocol_deliver_rcu() (v6.12)", [
    { reasons: ["IP_NOPROTO"], family: 4 },
  ]),
  rule("IpInDiscards", [], "net/ipv4/ip_input.c: ip_rcv_core(), ip_rcv_options(): no memory (v6.12)", [
    { reasons: ["NOT_SPECIFIED", "NOMEM"], family: 4, at: [...IP_RCV, ...IP_RCV_FINISH] },
  ]),
  rule(
    "IpOutNoRoutes",
    [{ reasons: ["IP_OUTNOROUTES"], family: 4 }],
    "net/ipv4/ip_output.c: __ip_queue_xmit(); net/ipv4/inet_connection_sock.c (v6.12)",
    [],
    LOOKUPS,
  ),
  rule(
    "IpOutDiscards",
    [],
    "net/ipv4/ip_output.c: ip_send_skb(), ip_append_data(); net/ipv4/raw.c: raw_send_hdrinc() (v6.12)",
    [{ reasons: ["NETFILTER_DROP", "QDISC_DROP"], family: 4, direction: "tx", withFlag: "RST" }],
    OWN_ANSWERS,
  ),
  rule(
    "IpFragFails",
    [{ reasons: ["PKT_TOO_BIG"], family: 4, at: ["ip_forward"] }],
    "net/ipv4/ip_forward.c: ip_forward(); net/ipv4/ip_output.c: ip_fragment() (v6.12)",
    [
      {
        reasons: ["PKT_TOO_BIG", "NOT_SPECIFIED"],
        family: 4,
        at: ["ip_fragment", "ip_finish_output", "__ip_finish_output", "ip_do_fragment"],
      },
    ],
  ),
  rule(
    "IpReasmFails",
    [],
    "net/ipv4/ip_fragment.c: ip_expire(), ip_frag_queue(), ip_frag_reasm(), ip_frag_reinit() (v6.12)",
    [
      {
        reasons: ["FRAG_REASM_TIMEOUT", "FRAG_TOO_FAR", "NOT_SPECIFIED"],
        family: 4,
        at: ["ip_expire", "inet_frag_destroy", "inet_frag_rbtree_purge", "ip_frag_queue", "ip_defrag"],
      },
    ],
    "It counts packets, the events fragments of packets; packets that are not TCP count too.",
  ),
  rule(
    "IpReasmTimeout",
    [],
    "net/ipv4/ip_fragment.c: ip_expire() (v6.12)",
    [{ reasons: ["FRAG_REASM_TIMEOUT"], family: 4 }],
    "It counts packets, the events fragments of packets; packets that are not TCP count too.",
  ),
  rule(
    "Ip6InHdrErrors",
    [
      { reasons: ["IP_INHDR"], family: 6 },
      { reasons: ["UNHANDLED_PROTO", "UNICAST_IN_L2_MULTICAST"], family: 6, at: IP6_RCV },
      { reasons: ["UNHANDLED_PROTO"], family: 6, at: IP6_OPTIONS },
    ],
    "net/ipv6/ip6_input.c: ip6_rcv_core(); net/ipv6/ip6_output.c: ip6_forward(); net/ipv6/exthdrs.c (v6.12)",
    [
      {
        reasons: ["NOT_SPECIFIED"],
        family: 6,
        at: [
          "ipv6_rthdr_rcv",
          "ipv6_destopt_rcv",
          "ipv6_parse_hopopts",
          "ipv6_frag_rcv",
          "ip6_rcv_core",
          "ipv6_rcv",
        ],
      },
    ],
    "Packets of other protocols count too; a wrong jumbo payload option counts twice; a SYN from an " +
      "IPv4-mapped address has no event.",
  ),
  rule(
    "Ip6InTruncatedPkts",
    [{ reasons: ["PKT_TOO_SMALL"], family: 6, at: IP6_RCV }],
    "net/ipv6/ip6_input.c: ip6_rcv_core() (v6.12)",
  ),
  rule(
    "Ip6InAddrErrors",
    [
      {
        reasons: ["IP_INADDRERRORS"],
        family: 6,
        at: ["ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_prohibit", "ip6_forward"],
      },
    ],
    "net/ipv6/route.c: ip6_pkt_drop(); net/ipv6/ip6_output.c: ip6_forward(); net/ipv6/exthdrs.c: " +
      "ipv6_rthdr_rcv() (v6.12)",
    [{ reasons: ["NOT_SPECIFIED"], family: 6, at: ["ipv6_rthdr_rcv"] }],
  ),
  rule(
    "Ip6InNoRoutes",
    [{ reasons: ["IP_INNOROUTES"], family: 6 }],
    "net/ipv6/route.c: ip6_pkt_drop() (v6.12)",
  ),
  rule(
    "Ip6InTooBigErrors",
    [{ reasons: ["PKT_TOO_BIG"], family: 6, at: ["ip6_forward"] }],
    "net/ipv6/ip6_output.c: ip6_forward() (v6.12)",
  ),
  rule("Ip6InUnknownProtos", [], "net/ipv6/ip6_input.c: ip6_protocol_deliver_rcu() (v6.12)", [
    { reasons: ["IP_NOPROTO"], family: 6 },
  ]),
  rule(
    "Ip6InDiscards",
    [
      { reasons: ["IPV6DISABLED"], family: 6, at: IP6_RCV },
      { reasons: ["IP_INADDRERRORS", "IPV6_TOO_MANY_EXTHDRS"], family: 6, at: IP6_DELIVER },
      { reasons: ["XFRM_POLICY"], family: 6, at: ["ip6_forward"] },
    ],
    "net/ipv6/ip6_input.c: ip6_rcv_core(), ip6_protocol_deliver_rcu(); net/ipv6/ip6_output.c: " +
      "ip6_forward() (v6.12)",
    [
      { reasons: ["NOT_SPECIFIED", "XFRM_POLICY"], family: 6, at: [...IP6_DELIVER, ...IP6_RCV] },
      { reasons: ["NOT_SPECIFIED"], family: 6, at: ["ip6_forward"] },
    ],
  ),
  rule(
    "Ip6OutNoRoutes",
    [{ reasons: ["IP_OUTNOROUTES", "NEIGH_CREATEFAIL"], family: 6 }],
    "net/ipv6/route.c: ip6_pkt_drop(); net/ipv6/ip6_output.c: ip6_dst_lookup_tail(), ip6_finish_output2() " +
      "(v6.12)",
    [{ reasons: ["NOT_SPECIFIED"], family: 6, at: ["inet6_csk_xmit"] }],
    LOOKUPS,
  ),
  rule(
    "Ip6OutDiscards",
    [{ reasons: ["IPV6DISABLED"], family: 6, at: ["ip6_output"] }],
    "net/ipv6/ip6_output.c: ip6_output(), ip6_xmit(), ip6_forward(), ip6_send_skb() (v6.12)",
    [{ reasons: ["NOT_SPECIFIED"], family: 6, at: ["ip6_forward", "ip6_finish_output2", "ip6_output"] }],
    OWN_ANSWERS.replace("ICMP,", "ICMPv6,"),
  ),
  rule(
    "Ip6FragFails",
    [{ reasons: ["PKT_TOO_BIG"], family: 6, at: ["ip6_forward"] }],
    "net/ipv6/ip6_output.c: ip6_forward(), ip6_fragment() (v6.12)",
    [
      {
        reasons: ["PKT_TOO_BIG", "NOT_SPECIFIED"],
        family: 6,
        at: ["ip6_fragment", "ip6_finish_output", "__ip6_finish_output"],
      },
    ],
  ),
  rule(
    "Ip6ReasmFails",
    [],
    "net/ipv6/reassembly.c: ip6_frag_queue(), ipv6_frag_rcv(); include/net/ipv6_frag.h: " +
      "ip6frag_expire_frag_queue() (v6.12)",
    [
      {
        reasons: ["FRAG_REASM_TIMEOUT", "FRAG_TOO_FAR", "NOT_SPECIFIED"],
        family: 6,
        at: [
          "ip6_frag_expire",
          "ip6frag_expire_frag_queue",
          "inet_frag_destroy",
          "inet_frag_rbtree_purge",
          "ip6_frag_queue",
          "ipv6_frag_rcv",
        ],
      },
    ],
    "It counts packets, the events fragments of packets; packets that are not TCP count too.",
  ),
  rule(
    "Ip6ReasmTimeout",
    [],
    "include/net/ipv6_frag.h: ip6frag_expire_frag_queue() (v6.12)",
    [{ reasons: ["FRAG_REASM_TIMEOUT"], family: 6 }],
    "It counts packets, the events fragments of packets; packets that are not TCP count too.",
  ),
];
