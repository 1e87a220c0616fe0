/** What fires each rule, and its neighbours, which must not. */
import type { Event, FindingNotice, SummaryNotice } from "../../model/index.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { drops, quietSummary, refusedSyns, rose } from "../incidents.test.kit.ts";

export interface RuleCase {
  readonly rule: string;
  readonly title: string;
  readonly events: readonly Event[];
  readonly netns?: Partial<NetnsEvidence>;
  readonly summary?: Partial<SummaryNotice>;
  /** What the finding has, where it fires. */
  readonly is?: Partial<FindingNotice>;
  readonly text?: RegExp;
  readonly evidence?: RegExp;
  readonly next?: RegExp;
  /** The rules that fire instead: then this one must not. */
  readonly instead?: readonly string[];
}

const RCV = "tcp_v4_rcv+0x99";
const NFT = "nft_do_chain+0x46f [nf_tables]";
const NFT_POLICY = "nft_do_chain+0x637 [nf_tables]";
const SLOW = "nf_hook_slow+0x7d";
const SYN_ACK = ["SYN", "ACK"] as const;
const DATA = { flags: ["PSH", "ACK"], payloadLen: 100, state: "ESTABLISHED" } as const;
const ACK = { flags: ["ACK"], payloadLen: 0 } as const;

const nobody = { reason: "NO_SOCKET", location: RCV };
const overflow = { reason: "TCP_LISTEN_OVERFLOW", location: RCV, state: "LISTEN", ...ACK };
const cookie = { reason: "NO_SOCKET", location: "cookie_v4_check+0x54d", state: "LISTEN", ...ACK };
const listening = { reason: "TCP_FLAGS", location: "tcp_v4_do_rcv+0x10", state: "LISTEN" } as const;
const cookies = { TcpExtTCPReqQFullDoCookies: 284, TcpExtSyncookiesSent: 284 };
const netfilter = { reason: "NETFILTER_DROP", location: NFT };
const legacy = { reason: "NETFILTER_DROP", location: SLOW };
const scan = Array.from({ length: 12 }, (_, at) => drops({ ...nobody, count: 1, dport: 20 + at })).flat();
const links = (rtc0 = 1500): NetnsEvidence["links"] => [
  { ifindex: 1, name: "lo", mtu: 65_536, isUp: true, hasCarrier: true },
  { ifindex: 2, name: "eth0", mtu: 1500, isUp: true, hasCarrier: true },
  { ifindex: 3, name: "rtc0", mtu: rtc0, isUp: true, hasCarrier: true },
];
const listener = { address: "198.51.100.10", port: 443, takesIpv4: true, acceptQueue: 5, backlog: 4 };

const LISTENING: readonly RuleCase[] = [
  {
    rule: "accept-queue-slow-app",
    title: "SYNs and last ACKs on a full accept queue",
    events: [
      ...refusedSyns("ACCEPT_QUEUE_FULL", { count: 20, clients: 3 }),
      ...drops({ ...overflow, count: 7 }),
    ],
    netns: { rose: rose({ TcpExtListenOverflows: 27 }), listeners: [listener] },
    is: { certainty: "certain", severity: "critical", count: 27, service: "198.51.100.10:443" },
    text: /^The accept queue of 198\.51\.100\.10:443 was full: 20 SYNs and 7 last ACKs/,
    evidence: /TcpExtListenOverflows rose by 27/,
    next: /^ip netns exec web ss -ltnp 'sport = :443'$/,
  },
  {
    rule: "accept-queue-slow-app",
    title: "cookies on: the ACK with a valid cookie finds no room",
    events: drops(cookie),
    is: { certainty: "certain", count: 5 },
  },
  {
    rule: "accept-queue-slow-app",
    title: "before 6.15 the counter says what the last ACK met",
    events: drops({
      reason: "NOT_SPECIFIED",
      location: RCV,
      state: "LISTEN",
      variant: "not-specified",
      class: "loss",
      ...ACK,
    }),
    netns: { rose: rose({ TcpExtListenOverflows: 5 }) },
    is: { certainty: "likely" },
  },
  {
    rule: "accept-queue-slow-app",
    title: "an ACK that waits for data, with the counter still",
    events: drops({ reason: "NOT_SPECIFIED", location: RCV, state: "LISTEN", class: "loss", ...ACK }),
    netns: { rose: rose({}) },
    instead: ["other-drops"],
  },
  {
    rule: "accept-queue-slow-app",
    title: "a flood fills the SYN queue",
    events: refusedSyns("SYN_QUEUE_FULL", { count: 120, clients: 60 }),
    instead: ["syn-flood"],
  },
  {
    rule: "syn-flood",
    title: "many sources, two SYNs each",
    events: refusedSyns("SYN_QUEUE_FULL", { count: 120, clients: 60 }),
    is: { certainty: "likely", severity: "critical", peers: 60 },
    text: /consistent with a SYN flood/,
  },
  {
    rule: "syn-flood",
    title: "counted alone, and nearly no connection was opened",
    events: refusedSyns("SYN_QUEUE_FULL", { count: 5000 }),
    netns: { rose: rose({ TcpPassiveOpens: 3 }) },
    is: { certainty: "possible", count: 5000 },
  },
  {
    rule: "syn-flood",
    title: "counted alone, and connections open as ever",
    events: refusedSyns("SYN_QUEUE_FULL", { count: 500 }),
    netns: { rose: rose({ TcpPassiveOpens: 4000 }) },
    instead: ["accept-queue-slow-app"],
  },
  {
    rule: "syn-flood",
    title: "the accept queue of the same port is full: handshakes complete",
    events: [...refusedSyns("SYN_QUEUE_FULL", { count: 120, clients: 60 }), ...drops(overflow)],
    instead: ["accept-queue-slow-app"],
  },
  {
    rule: "syn-cookies-sent",
    title: "a flood that nobody notices",
    events: [],
    netns: {
      rose: rose({ ...cookies, TcpExtSyncookiesRecv: 20, TcpPassiveOpens: 40, TcpExtListenDrops: 0 }),
      sysctl: new Map([["net/ipv4/tcp_syncookies", "1\n"]]),
    },
    is: { certainty: "likely", severity: "info", count: 0 },
    text: /^284 SYNs found .* full and were answered with SYN cookies, of which 20 came back; no SYN was refused: /,
    evidence:
      /TcpExtTCPReqQFullDoCookies rose by 284[\s\S]*ListenDrops stood still\nnet\.ipv4\.tcp_syncookies is 1/,
    next: /^ip netns exec web ss -tn state syn-recv$/,
  },
  {
    rule: "syn-cookies-sent",
    title: "a burst of clients, whose cookies come back",
    events: [],
    netns: { rose: rose({ ...cookies, TcpExtSyncookiesRecv: 270 }) },
    is: { certainty: "possible" },
    text: /more clients at once than the backlog of listen\(\) has room for/,
  },
  {
    rule: "syn-cookies-sent",
    title: "ordinary traffic",
    events: [],
    netns: { rose: rose({ TcpPassiveOpens: 4000 }) },
    instead: [],
  },
  {
    rule: "syn-cookies-sent",
    title: "a setting that sends cookies always",
    events: [],
    netns: { rose: rose(cookies), sysctl: new Map([["net/ipv4/tcp_syncookies", "2\n"]]) },
    instead: [],
  },
  {
    rule: "syn-cookies-sent",
    title: "SYNs were refused too",
    events: refusedSyns("ACCEPT_QUEUE_FULL", { count: 3, clients: 1 }),
    netns: { rose: rose(cookies) },
    instead: ["accept-queue-slow-app"],
  },
  {
    rule: "syn-cookies-sent",
    title: "the kernel counted SYNs that were not let in, whoever looked at them",
    events: [],
    netns: { rose: rose({ ...cookies, TcpExtListenDrops: 1 }) },
    instead: [],
  },
  {
    rule: "port-scan",
    title: "one source, twelve ports",
    events: scan,
    is: { certainty: "likely", severity: "info", peers: 1, count: 12 },
    text: /^192\.0\.2\.1 tried 12 ports/,
  },
  {
    rule: "port-scan",
    title: "many sources, one port",
    events: drops({ ...nobody, count: 40, clients: 20 }),
    instead: ["service-down"],
  },
  {
    rule: "service-down",
    title: "nobody listens, and the list of listeners shows it",
    events: drops({ ...nobody, count: 40, clients: 20 }),
    netns: { listeners: [{ ...listener, port: 22 }] },
    is: { certainty: "certain", severity: "critical", peers: 20, service: "198.51.100.10:443" },
    text: /^Nobody listens on 198\.51\.100\.10:443: 40 SYNs from 20 clients/,
    evidence: /No socket listened on port 443/,
    next: /^ip netns exec web ss -ltnp 'sport = :443'$/,
  },
  {
    rule: "service-down",
    title: "it listens on the loopback address alone",
    events: drops(nobody),
    netns: { listeners: [{ ...listener, address: "127.0.0.1" }] },
    is: { certainty: "certain" },
    evidence: /listened on at 127\.0\.0\.1/,
  },
  {
    rule: "service-down",
    title: "it is back at the end",
    events: drops(nobody),
    netns: { listeners: [{ ...listener, address: "0.0.0.0" }] },
    is: { certainty: "likely", severity: "warning" },
  },
  {
    rule: "service-down",
    title: "what listens on :: takes IPv4 too",
    events: drops(nobody),
    netns: { listeners: [{ ...listener, address: "::" }] },
    is: { certainty: "likely", severity: "warning" },
  },
  {
    rule: "service-down",
    title: "what listens on :: for IPv6 alone takes no IPv4",
    events: drops(nobody),
    netns: { listeners: [{ ...listener, address: "::", takesIpv4: false }] },
    is: { certainty: "certain", severity: "critical" },
    evidence: /listened on at :: for IPv6 alone/,
  },
  {
    rule: "service-down",
    title: "a mapped address is one of IPv4",
    events: drops(nobody),
    netns: { listeners: [{ ...listener, address: "::ffff:198.51.100.10" }] },
    is: { certainty: "likely" },
  },
  { rule: "service-down", title: "one source scans", events: scan, instead: ["port-scan"] },
  {
    rule: "service-down",
    title: "a full accept queue under SYN cookies has the same reason",
    events: drops(cookie),
    instead: ["accept-queue-slow-app"],
  },
  {
    rule: "late-segments",
    title: "data for connections that are gone",
    events: drops({ ...nobody, ...DATA, state: undefined }),
    is: { certainty: "possible", severity: "info" },
  },
  { rule: "late-segments", title: "SYNs", events: drops(nobody), instead: ["service-down"] },
  {
    rule: "late-segments",
    title: "data and ACKs for a server that was restarted, and listens again",
    events: drops({ ...listening, ...DATA, state: "LISTEN" }),
    is: { certainty: "possible", severity: "info", service: "198.51.100.10:443" },
  },
  {
    rule: "flag-probes",
    title: "FIN, Xmas and nothing at all, to closed ports and to one that listens",
    events: [
      ...drops({ ...nobody, flags: ["FIN"], dport: 81 }),
      ...drops({ ...nobody, flags: ["FIN", "PSH", "URG"], dport: 40_000 }),
      ...drops({ ...listening, flags: [] }),
    ],
    is: { certainty: "likely", severity: "info", count: 15, peers: 1 },
    text: /^15 segments from 1 client \(192\.0\.2\.1\) had flags that no TCP sends/,
    evidence: /Ports: 81, 443, 40000\n10 found no socket, .*; 5 met a socket/,
    next: /^ss -ltnp$/,
    netns: { enter: [] },
  },
  {
    rule: "flag-probes",
    title: "SYN with FIN",
    events: drops({ ...nobody, flags: ["SYN", "FIN"] }),
    is: { certainty: "likely" },
  },
  {
    rule: "flag-probes",
    title: "on an open connection it may be damage",
    events: drops({ ...listening, state: "ESTABLISHED", flags: ["PSH"], payloadLen: 10 }),
    is: { certainty: "possible" },
  },
  {
    rule: "flag-probes",
    title: "the FIN of a connection that is gone has ACK",
    events: drops({ ...nobody, flags: ["FIN", "ACK"] }),
    instead: ["late-segments"],
  },
  {
    rule: "flag-probes",
    title: "flags that could not be read",
    events: drops({ ...listening, state: undefined, flags: undefined }),
    instead: [],
  },
];

const HANDSHAKE: readonly RuleCase[] = [
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

const FIREWALLS: readonly RuleCase[] = [
  {
    rule: "firewall-rule",
    title: "nftables",
    events: drops({
      ...netfilter,
      stack: [NFT, "nft_do_chain_ipv4+0x6a", "nf_hook_slow+0x42", "ip_local_deliver+0xd0"],
    }),
    netns: {},
    is: { certainty: "certain", severity: "critical" },
    text: /^The firewall \(hook input\) dropped 5 segments between 1 client \(192\.0\.2\.1\) and 198\.51/,
    evidence: /nftables dropped it/,
    next: /^ip netns exec web nft -a list ruleset$/,
  },
  {
    rule: "firewall-rule",
    title: "iptables-legacy",
    events: drops(legacy),
    netns: {},
    evidence: /iptables-legacy/,
    next: /^ip netns exec web iptables-legacy-save -c$/,
  },
  {
    rule: "firewall-rule",
    title: "inside a tunnel",
    events: drops({ ...netfilter, tunnel: true, direction: "forwarded" }),
    text: /inside a tunnel/,
    evidence: /4789/,
  },
  {
    rule: "firewall-rule",
    title: "a full table of tracked connections",
    events: drops(legacy),
    netns: { conntrack: { count: 65_536, max: 65_536 }, rose: rose({ "conntrack.drop": 5 }) },
    instead: ["conntrack-full"],
  },
  {
    rule: "firewall-policy",
    title: "the call site behind the one of rules",
    events: drops({ ...netfilter, location: NFT_POLICY }),
    is: { certainty: "possible", severity: "critical" },
    evidence: /policy/,
  },
  {
    rule: "firewall-policy",
    title: "both call sites in one run",
    events: [...drops({ ...netfilter, dport: 80 }), ...drops({ ...netfilter, location: NFT_POLICY })],
    is: { certainty: "likely", service: "198.51.100.10:443" },
  },
  {
    rule: "firewall-policy",
    title: "a rule's verdict",
    events: drops(netfilter),
    instead: ["firewall-rule"],
  },
  {
    rule: "firewall-policy",
    title: "arm64, where both have one call site",
    events: drops({ ...netfilter, location: "nft_do_chain+0x34c [nf_tables]" }),
    instead: ["firewall-rule"],
  },
  {
    rule: "nfqueue-verdict",
    title: "the program says drop",
    events: drops({
      reason: "NOT_SPECIFIED",
      location: "nfqnl_reinject+0x40 [nfnetlink_queue]",
      comm: "suricata",
    }),
    is: { certainty: "likely" },
    evidence: /suricata/,
  },
  { rule: "nfqueue-verdict", title: "a rule", events: drops(netfilter), instead: ["firewall-rule"] },
  {
    rule: "conntrack-full",
    title: "SYNs while the table is full",
    events: drops(legacy),
    netns: { conntrack: { count: 65_536, max: 65_536 }, rose: rose({ "conntrack.drop": 5 }) },
    is: { certainty: "likely", severity: "critical" },
    evidence: /65536 of at most 65536/,
  },
  {
    rule: "conntrack-full",
    title: "a table with room",
    events: drops(legacy),
    netns: { conntrack: { count: 100, max: 65_536 }, rose: rose({}) },
    instead: ["firewall-rule"],
  },
  {
    rule: "conntrack-invalid",
    title: "data of open connections, and the counter rises",
    events: drops({ ...netfilter, ...DATA, state: undefined }),
    netns: { rose: rose({ "conntrack.invalid": 5 }) },
    is: { certainty: "likely", severity: "critical" },
    evidence: /conntrack\.invalid rose by 5/,
  },
  {
    rule: "conntrack-invalid",
    title: "a firewall that takes up no connection in the middle may have forgotten it",
    events: drops({ ...netfilter, ...DATA, state: undefined }),
    netns: {
      rose: rose({ "conntrack.invalid": 5 }),
      sysctl: new Map([
        ["net/netfilter/nf_conntrack_tcp_loose", "0\n"],
        ["net/netfilter/nf_conntrack_tcp_timeout_established", "3\n"],
      ]),
    },
    text: /invalid: of connections that it has forgotten \(an idle time-out\), or outside the window/,
    evidence: /tcp_loose is 0[\s\S]*timeout_established is 3/,
  },
  {
    rule: "conntrack-invalid",
    title: "SYNs, while it rises for something else",
    events: drops(netfilter),
    netns: { rose: rose({ "conntrack.invalid": 5 }) },
    instead: ["firewall-rule"],
  },
  {
    rule: "firewall-idle-timeout",
    title: "data of open connections, and nothing is invalid",
    events: drops({ ...netfilter, ...DATA, state: undefined }),
    netns: { rose: rose({}) },
    is: { certainty: "possible" },
  },
  {
    rule: "firewall-idle-timeout",
    title: "SYNs to the same service are dropped too",
    events: [...drops(netfilter), ...drops({ ...legacy, ...DATA, state: undefined })],
    netns: { rose: rose({}) },
    instead: ["firewall-rule"],
  },
  {
    rule: "bpf-policy",
    title: "a tc program at ingress",
    events: drops({ reason: "TC_INGRESS", location: "__netif_receive_skb_core+0x100" }),
    netns: {},
    is: { certainty: "certain", severity: "critical" },
    next: /^ip netns exec web bpftool net show dev eth0$/,
  },
  {
    rule: "bpf-policy",
    title: "generic XDP, which gives no reason",
    events: drops({ reason: "NOT_SPECIFIED", location: "do_xdp_generic+0x20" }),
    is: { certainty: "likely" },
  },
  { rule: "bpf-policy", title: "a firewall", events: drops(netfilter), instead: ["firewall-rule"] },
];

const WAYS: readonly RuleCase[] = [
  {
    rule: "asymmetric-route",
    title: "strict rp_filter",
    events: drops({ reason: "IP_RPFILTER", location: "ip_rcv_finish_core+0x20", saddr: "203.0.113.7" }),
    netns: {
      sysctl: new Map([
        ["net/ipv4/conf/all/rp_filter", "1\n"],
        ["net/ipv4/conf/eth0/rp_filter", "0\n"],
      ]),
    },
    is: { certainty: "certain", severity: "critical" },
    text: /^rp_filter dropped 5 segments that came in by eth0/,
    evidence: /rp_filter of eth0 is 1/,
    next: /^ip netns exec web ip route get 203\.0\.113\.7$/,
  },
  {
    rule: "asymmetric-route",
    title: "no route at all for what is sent",
    events: drops({ reason: "IP_OUTNOROUTES", location: "__ip_queue_xmit+0x20", direction: "tx" }),
    instead: ["no-route"],
  },
  {
    rule: "no-route",
    title: "the route vanished under connections",
    events: drops({ reason: "IP_OUTNOROUTES", location: "__ip_queue_xmit+0x20", direction: "tx" }),
    netns: {},
    is: { certainty: "certain", severity: "critical" },
    next: /^ip netns exec web ip route get 198\.51\.100\.10$/,
  },
  {
    rule: "no-route",
    title: "a router has a route that rejects, and the kernel gives no reason",
    events: drops({ reason: "NOT_SPECIFIED", location: "ip_error+0x94", count: 2, daddr: "203.0.113.7" }),
    netns: {},
    is: { certainty: "certain", severity: "warning" },
    text: /^2 segments met a route that rejects them \(blackhole, unreachable or prohibit\), one of them/,
    next: /^ip netns exec web ip route get 203\.0\.113\.7 from 192\.0\.2\.1 iif eth0$/,
  },
  {
    rule: "no-route",
    title: "a blackhole of IPv6, or a route that was just removed",
    events: drops({ reason: "NOT_SPECIFIED", location: "dst_discard_out+0x10", count: 1 }),
    is: { certainty: "likely", severity: "warning" },
    text: /^1 segment met a route that discards it to 198\.51\.100\.10: a blackhole, or/,
  },
  {
    rule: "no-route",
    title: "before 5.19 a host that does not forward looks the same",
    events: drops({
      reason: "NOT_SPECIFIED",
      location: "ip_error+0x94",
      variant: "not-specified/no-route-in-transit",
      count: 2,
    }),
    is: { certainty: "likely", severity: "critical" },
    text: /had no route, one of them to .*, or one that rejects them, or this host does not forward/,
  },
  {
    rule: "no-route",
    title: "some had no route, others one that rejects",
    events: [
      ...drops({ reason: "NOT_SPECIFIED", location: "ip_error+0x94", count: 3 }),
      ...drops({ reason: "IP_INNOROUTES", location: "ip_error+0x94", count: 2 }),
    ],
    is: { certainty: "certain", severity: "critical", count: 5 },
    text: /^5 segments had no route, or one that rejects/,
  },
  {
    rule: "no-route",
    title: "the next hop does not answer",
    events: drops({ reason: "NEIGH_FAILED", location: "arp_error_report+0x10", direction: "tx" }),
    instead: ["neighbour"],
  },
  {
    rule: "forward-loop",
    title: "data whose TTL is used up",
    events: drops({ reason: "IP_INHDR", location: "ip_forward+0x99", direction: "forwarded", ...DATA }),
    is: { certainty: "likely", severity: "critical" },
    text: /routing loop/,
  },
  {
    rule: "forward-loop",
    title: "a traceroute over TCP",
    events: drops({ reason: "IP_INHDR", location: "ip_forward+0x99", direction: "forwarded", count: 3 }),
    is: { certainty: "possible", severity: "info" },
  },
  {
    rule: "forward-loop",
    title: "a header that is malformed",
    events: drops({ reason: "IP_INHDR", location: "ip_rcv_core+0x99" }),
    instead: ["other-drops"],
  },
  {
    rule: "mtu-black-hole",
    title: "one connection repeats for seconds",
    events: drops({
      reason: "PKT_TOO_BIG",
      location: "ip_forward+0x200",
      direction: "forwarded",
      ...DATA,
      payloadLen: 1448,
      sameConnection: true,
      everyMs: 400,
    }),
    netns: { links: links(1200), rose: rose({ IpOutDiscards: 5, IcmpOutDestUnreachs: 5 }) },
    is: { certainty: "likely", severity: "critical" },
    evidence: /rtc0 \(1200\)[\s\S]*IpOutDiscards rose by 5: a firewall here may drop the ICMP messages/,
    next: /^ip netns exec web ip link show dev rtc0$/,
  },
  {
    rule: "mtu-black-hole",
    title: "the way out and its MTU are known",
    events: drops({
      reason: "PKT_TOO_BIG",
      location: "ip_forward+0x200",
      direction: "forwarded",
      ...DATA,
      payloadLen: 1448,
      sameConnection: true,
      everyMs: 400,
      outIfname: "wan0",
      mtu: 1200,
    }),
    netns: {},
    is: { certainty: "likely" },
    text: /too big for wan0, where they were to leave: MTU 1200/,
    next: /^ip netns exec web ip link show dev wan0$/,
  },
  {
    rule: "mtu-black-hole",
    title: "one segment for each connection: discovery at work",
    events: drops({ reason: "PKT_TOO_BIG", location: "ip_forward+0x200", ...DATA, payloadLen: 1448 }),
    is: { certainty: "possible", severity: "info" },
    evidence: /the longest segment with 1448 bytes of data/,
  },
  {
    rule: "mtu-black-hole",
    title: "one segment",
    events: drops({
      reason: "PKT_TOO_BIG",
      location: "ip_forward+0x200",
      ...DATA,
      count: 1,
      outIfname: "wan0",
      mtu: 1200,
    }),
    text: /^1 segment of .* was too big for wan0, where it was to leave: MTU 1200/,
  },
  {
    rule: "mtu-black-hole",
    title: "an skb of several wire segments",
    events: drops({
      reason: "PKT_TOO_BIG",
      location: "ip_forward+0x200",
      ...DATA,
      payloadLen: 7240,
      gsoSegs: 5,
      count: 2,
    }),
    evidence: /one of 7240 bytes of data, which are 5 segments on the wire, the longest with at least 1448/,
  },
  {
    rule: "mtu-black-hole",
    title: "a full queue",
    events: drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0xdd1", ...DATA }),
    instead: ["qdisc-short"],
  },
  {
    rule: "neighbour",
    title: "no answer to ARP",
    events: drops({ reason: "NEIGH_FAILED", location: "arp_error_report+0x10", direction: "tx" }),
    netns: {},
    is: { certainty: "certain", severity: "critical" },
    next: /^ip netns exec web ip neigh show dev eth0$/,
  },
  {
    rule: "neighbour",
    title: "the device is down",
    events: drops({ reason: "DEV_READY", location: "tun_net_xmit+0x10", direction: "tx" }),
    instead: ["dead-link"],
  },
  {
    rule: "dead-link",
    title: "down at the end too",
    events: drops({ reason: "DEV_READY", location: "tun_net_xmit+0x10", direction: "tx" }),
    netns: { links: [{ ifindex: 2, name: "eth0", mtu: 1500, isUp: false, hasCarrier: false }] },
    is: { certainty: "certain", severity: "critical" },
    evidence: /eth0 was down/,
  },
  {
    rule: "dead-link",
    title: "up again",
    events: drops({ reason: "DEV_READY", location: "tun_net_xmit+0x10", direction: "tx" }),
    netns: { links: links() },
    is: { certainty: "likely", severity: "warning" },
  },
  {
    rule: "dead-link",
    title: "the ring of a tun device is full",
    events: drops({ reason: "FULL_RING", location: "tun_net_xmit+0x10", direction: "tx" }),
    instead: ["other-drops"],
  },
];

const csum = { reason: "TCP_CSUM", location: RCV, ...DATA, state: undefined };

const RECEIVING: readonly RuleCase[] = [
  {
    rule: "wire-corruption",
    title: "several peers, and the device counts errors",
    events: drops({ ...csum, clients: 3 }),
    netns: { rose: rose({ "eth0.rx_errors": 9, TcpInCsumErrors: 5 }) },
    is: { certainty: "likely", severity: "critical" },
    evidence: /eth0\.rx_errors rose by 9/,
  },
  {
    rule: "wire-corruption",
    title: "no errors of the device",
    events: drops(csum),
    netns: { rose: rose({ TcpInCsumErrors: 5 }) },
    instead: ["checksum-offload"],
  },
  {
    rule: "checksum-offload",
    title: "one peer, and a device without errors",
    events: drops(csum),
    netns: { rose: rose({ TcpInCsumErrors: 5 }) },
    is: { certainty: "likely" },
    next: /^ip netns exec web ethtool -k eth0$/,
  },
  {
    rule: "checksum-offload",
    title: "the device counts errors",
    events: drops({ ...csum, clients: 3 }),
    netns: { rose: rose({ "eth0.rx_errors": 9 }) },
    instead: ["wire-corruption", "hardware-drops"],
  },
  {
    rule: "zero-window-reader",
    title: "data for a closed window",
    events: drops({ reason: "TCP_ZEROWINDOW", location: "tcp_data_queue+0x10", ...DATA }),
    netns: {},
    is: { certainty: "likely", severity: "warning" },
    text: /does not read/,
    next: /^ip netns exec web ss -tnmp 'sport = :443'$/,
  },
  {
    rule: "zero-window-reader",
    title: "probes of a closed window look like old data",
    events: drops({ reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x10", ...DATA }),
    netns: { rose: rose({ TcpExtTCPToZeroWindowAdv: 2 }) },
    is: { certainty: "possible" },
    evidence: /closed 2 times and opened again 0 times/,
  },
  {
    rule: "zero-window-reader",
    title: "windows that all opened again are flow control: the program reads",
    events: drops({ reason: "TCP_ZEROWINDOW", location: "tcp_data_queue+0x10", ...DATA }),
    netns: { rose: rose({ TcpExtTCPToZeroWindowAdv: 7, TcpExtTCPFromZeroWindowAdv: 7 }) },
    is: { severity: "info" },
    text: /reads more slowly than its peers send/,
  },
  {
    rule: "zero-window-reader",
    title: "whether windows opened again is not known, and nothing was lost",
    events: drops({
      reason: "TCP_OLD_DATA",
      location: "tcp_data_queue+0x10",
      variant: "tcp-old-data/window-closed",
      class: "duplicate",
      ...DATA,
    }),
    netns: {},
    is: { certainty: "possible", severity: "info" },
  },
  {
    rule: "zero-window-reader",
    title: "old data, and no window was closed",
    events: drops({ reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x10", ...DATA }),
    netns: { rose: rose({}) },
    instead: ["duplicates"],
  },
  {
    rule: "receive-memory",
    title: "no memory for data",
    events: drops({ reason: "PROTO_MEM", location: "tcp_data_queue+0x10", ...DATA }),
    netns: {
      rose: rose({ TcpExtTCPRcvQDrop: 5 }),
      sysctl: new Map([["net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"]]),
    },
    is: { certainty: "certain", severity: "warning" },
    evidence: /net\.ipv4\.tcp_rmem is 4096 131072 6291456/,
  },
  {
    rule: "receive-memory",
    title: "the backlog of the socket",
    events: drops({ reason: "SOCKET_BACKLOG", location: "tcp_add_backlog+0x10", ...DATA }),
    instead: ["backlog-full"],
  },
  {
    rule: "backlog-full",
    title: "the program holds the socket",
    events: drops({ reason: "SOCKET_BACKLOG", location: "tcp_add_backlog+0x10", ...DATA }),
    is: { certainty: "certain", severity: "warning" },
  },
  {
    rule: "backlog-full",
    title: "the backlog of a CPU",
    events: drops({ reason: "CPU_BACKLOG", location: "enqueue_to_backlog+0x10", ...DATA }),
    instead: ["softnet-backlog"],
  },
  {
    rule: "softnet-backlog",
    title: "one CPU is too busy",
    events: drops({ reason: "CPU_BACKLOG", location: "enqueue_to_backlog+0x10", ...DATA }),
    netns: { rose: rose({ "softnet.dropped": 5 }) },
    is: { certainty: "certain", severity: "warning" },
    evidence: /softnet\.dropped rose by 5/,
  },
  {
    rule: "softnet-backlog",
    title: "the backlog of a socket",
    events: drops({ reason: "SOCKET_BACKLOG", location: "tcp_add_backlog+0x10", ...DATA }),
    instead: ["backlog-full"],
  },
  {
    rule: "qdisc-short",
    title: "a shaped line",
    events: drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0xdd1", ...DATA, ifname: "rtc0" }),
    netns: {},
    is: { certainty: "certain", severity: "warning" },
    evidence: /rtc0/,
    next: /^ip netns exec web tc -s qdisc show dev rtc0$/,
  },
  {
    rule: "qdisc-short",
    title: "a router's way out: its device, and not the one that it came by",
    events: drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0xdd1", ...DATA, outIfname: "wan0" }),
    netns: {},
    text: /^The qdisc of wan0 /,
    next: /^ip netns exec web tc -s qdisc show dev wan0$/,
  },
  {
    rule: "qdisc-short",
    title: "queue management that drops on purpose",
    events: drops({ reason: "QDISC_CONGESTED", location: "fq_codel_dequeue+0x10", ...DATA }),
    is: { severity: "info" },
  },
  {
    rule: "qdisc-short",
    title: "the next hop's queue",
    events: drops({ reason: "NEIGH_QUEUEFULL", location: "__neigh_event_send+0x10" }),
    instead: ["neighbour"],
  },
];

const NUMBERS: readonly RuleCase[] = [
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

const copies: Partial<SummaryNotice> = {
  totals: { ...quietSummary().totals, hidden: { normal: 0, copy: 60 } },
  hiddenByReason: [
    {
      reason: "QUEUE_PURGE",
      reasonCode: 1,
      reasonSubsystem: "CORE",
      reasonInferred: false,
      class: "copy",
      count: 60,
    },
  ],
};

const BESIDE: readonly RuleCase[] = [
  {
    rule: "capture-beside",
    title: "sixty copies",
    events: [],
    summary: copies,
    is: { certainty: "certain", severity: "info", count: 60 },
    evidence: /60 for QUEUE_PURGE/,
    next: /^ss -0ap$/,
  },
  {
    rule: "capture-beside",
    title: "normal drops alone",
    events: [],
    summary: { totals: { ...quietSummary().totals, hidden: { normal: 60, copy: 0 } } },
    instead: [],
  },
  {
    rule: "hardware-drops",
    title: "the device counts what nobody saw",
    events: [],
    netns: { rose: rose({ "eth0.rx_dropped": 500, "lo.rx_dropped": 900 }) },
    is: { certainty: "possible", severity: "info" },
    text: /^eth0 dropped/,
    next: /^ip netns exec web ethtool -S eth0$/,
  },
  {
    rule: "hardware-drops",
    title: "the backlog of a CPU explains them",
    events: drops({ reason: "CPU_BACKLOG", location: "enqueue_to_backlog+0x10", count: 40, ...DATA }),
    netns: { rose: rose({ "eth0.rx_dropped": 40 }) },
    instead: ["softnet-backlog"],
  },
  {
    rule: "other-drops",
    title: "a reason that no rule is about",
    events: drops({ reason: "XFRM_POLICY", location: RCV }),
    is: { certainty: "certain", severity: "warning" },
    text: /XFRM_POLICY in tcp_v4_rcv/,
  },
  {
    rule: "other-drops",
    title: "what is refused, and harms nobody",
    events: drops({ reason: "TCP_FLAGS", location: "tcp_rcv_state_process+0x10", flags: [...SYN_ACK] }),
    instead: [],
  },
];

export const CASES: readonly RuleCase[] = [
  ...LISTENING,
  ...HANDSHAKE,
  ...FIREWALLS,
  ...WAYS,
  ...RECEIVING,
  ...NUMBERS,
  ...BESIDE,
];
