/** Events that every sink must be able to show; their outputs are the other files of this folder. */
import type {
  DropEvent,
  FindingNotice,
  Flow,
  LostNotice,
  RefusedEvent,
  SummaryNotice,
  Totals,
  TotalsNotice,
  TraceItem,
} from "../../src/model/index.ts";
import { byKind } from "../../src/model/kinds.ts";
import { refusedSite } from "../../src/reasons/index.ts";
import { dropWith } from "../drop-facts.ts";
import { ownerOf } from "../owner-facts.ts";

export const fullDrop: DropEvent = {
  kind: "drop",
  id: 7,
  timeNs: 1_767_323_045_123_456_789n,
  ktimeNs: 81_234_567_890_123n,
  class: "loss",
  flow: {
    ip: 4,
    saddr: "192.0.2.66",
    sport: 43_210,
    daddr: "198.51.100.10",
    dport: 443,
    addressSource: "packet",
    direction: "rx",
    tunnel: false,
  },
  outer: undefined,
  site: {
    source: "kfree_skb",
    reason: "TCP_INVALID_SEQUENCE",
    reasonCode: 51,
    reasonSubsystem: "CORE",
    reasonInferred: false,
    variant: "tcp-invalid-sequence",
    meaning: "A segment outside the window.",
    advice: "Capture it.",
    location: "tcp_validate_incoming+0x1e4",
    locationAddress: 0xffff_ffff_81c0_01e4n,
  },
  device: { netns: 4_026_531_840, ifindex: 2, ifname: "eth0", outIfindex: undefined, outIfname: undefined, mtu: undefined },
  socket: { state: "ESTABLISHED", skCookie: 18_446_744_073_709_551_615n },
  task: { cpu: 3, pid: 12_431, tid: 12_440, comm: "nginx: worker" },
  packet: {
    flags: ["PSH", "ACK"],
    seq: 4_123_456_789,
    ack: 1_000_000_007,
    window: 501,
    payloadLen: 1448,
    skbLen: 1500,
    gsoSegs: 1,
    mark: 0,
  },
  stack: [
    "tcp_validate_incoming+0x1e4",
    "tcp_rcv_established+0x2a1",
    "tcp_v4_do_rcv+0x135",
    "nf_hook_slow+0x4a [nf_tables]",
  ],
  detail: { stackOmitted: false, filterBits: 0 },
};

/** Everything optional is absent. */
export const minimalDrop: DropEvent = dropWith(fullDrop, {
  timeNs: 1_767_323_045_000_000_999n,
  pid: 0,
  tid: 0,
  comm: "swapper/3",
  sport: undefined,
  dport: undefined,
  direction: "unknown",
  state: undefined,
  flags: undefined,
  seq: undefined,
  ack: undefined,
  window: undefined,
  payloadLen: undefined,
  reason: undefined,
  reasonCode: undefined,
  reasonSubsystem: undefined,
  class: "loss",
  location: "0xffffffff81c001e4",
  stackOmitted: false,
  stack: undefined,
  netns: undefined,
  ifindex: undefined,
  ifname: undefined,
  skCookie: undefined,
  mark: undefined,
});

/** A code without a name in the kernel. */
export const unnamedDrop: DropEvent = dropWith(minimalDrop, { reasonCode: 196_609 });

/** On a kernel without reasons, inferred from the location. */
export const inferredDrop: DropEvent = dropWith(fullDrop, { reason: "NETFILTER_DROP", reasonCode: undefined, reasonInferred: true, location: "nf_hook_slow+0x4a", state: undefined });

/** Values that are present although 0 or empty. */
export const zeroDrop: DropEvent = dropWith(fullDrop, {
  cpu: 0,
  pid: 0,
  tid: 0,
  saddr: "255.255.255.255",
  daddr: "255.255.255.254",
  sport: 65_535,
  dport: 0,
  direction: "forwarded",
  flags: [],
  seq: 0,
  ack: 0,
  window: 0,
  payloadLen: 0,
  reason: "NO_SOCKET",
  reasonCode: 3,
  class: "refused",
  stackOmitted: false,
  stack: [],
  ifindex: 0,
  skCookie: 0n,
});

export const v6Drop: DropEvent = dropWith(fullDrop, {
  ip: 6,
  saddr: "2001:db8:1111:2222:3333:4444:5555:6666",
  daddr: "::1",
  state: "NEW_SYN_RECV",
  flags: ["SYN", "ACK"],
  direction: "tx",
  reason: "TCP_INVALID_END_SEQUENCE",
  class: "duplicate",
  stackOmitted: false,
  stack: undefined,
});

export const tunnelDrop: DropEvent = dropWith(fullDrop, { tunnel: true, outer: { saddr: "203.0.113.1", daddr: "203.0.113.2", protocol: "vxlan", sport: 51_000, dport: 4789, vni: 42 }, addressSource: "inner", direction: "forwarded", state: undefined, gsoSegs: 5, payloadLen: 65_000, ifname: "vxlan100", class: "normal", mark: 0xffff_ffff });

/**
 * Names that would move the cursor, change colours and reverse the text; " \ and newlines for JSON.
 */
export const hostileDrop: DropEvent = dropWith(fullDrop, {
  comm: '\x1b[2J"evil\\\n',
  ifname: "\u202eeth\u0085\ud800\r",
  state: "A\tB",
  reason: "X\nY\u{1f600}",
  location: "sym\x7f+0x1 [mod\x00]",
  stackOmitted: false,
  stack: ["sym\x7f+0x1 [mod\x00]", "\x9b31mred\u2066+0x2"],
});

/** All that can be known of an owner. */
export const podDrop: DropEvent = {
  ...fullDrop,
  owner: ownerOf({
    pid: 4711,
    comm: "nginx: worker",
    startNs: 81_000_000_000_000n,
    exe: "/usr/sbin/nginx",
    holders: 3,
    uid: 101,
    cgroup: "/kubepods.slice/kubepods-pod7.slice/cri-containerd-1.scope",
    socketCgroup: "/kubepods.slice",
    runtime: "containerd",
    containerId: "0123456789abcdef".repeat(4),
    container: "nc",
    image: "registry.example/nc:1",
    containerOuter: "fedcba9876543210".repeat(4),
    pod: "web-7d9f",
    podNamespace: "shop",
    podUid: "7a1c6a0e-3f5b-4a55-8f0e-6d2f6b1c9d10",
  }),
  netns: { cookie: 4099n, name: "shop/web-7d9f" },
};

export const likelyDrop: DropEvent = {
  ...fullDrop,
  owner: ownerOf({ by: "lookup", certainty: "likely", pid: 812, comm: "sshd", uid: 0, user: "root", unit: "ssh.service" }),
};

export const unitDrop: DropEvent = {
  ...fullDrop,
  owner: ownerOf({ by: "cgroup", certainty: "possible", missing: "closed", cgroup: "/system.slice/cron.service", unit: "cron.service" }),
};

export const nobodyDrop: DropEvent = {
  ...dropWith(fullDrop, { state: undefined, reason: "NO_SOCKET", class: "refused" }),
  owner: ownerOf({ missing: "no_socket", hint: "nginx[1234] listens on 127.0.0.1 only" }),
};

const HOSTILE = '\x1b[2J\u202e"evil\\\n\x9b31m';
export const hostileOwnerDrop: DropEvent = {
  ...fullDrop,
  owner: ownerOf({ pid: 1, comm: HOSTILE, exe: HOSTILE, user: HOSTILE, cgroup: HOSTILE, unit: HOSTILE, container: HOSTILE.repeat(4), image: HOSTILE, hint: HOSTILE }),
  netns: { cookie: undefined, name: HOSTILE },
};

export const deepDrop: DropEvent = dropWith(fullDrop, { stack: Array.from({ length: 127 }, (_, n) => `frame_number_${n}+0x${n.toString(16)}`) });

export const refused: RefusedEvent = {
  kind: "refused",
  id: 8,
  timeNs: 1_767_323_046_500_000_000n,
  ktimeNs: undefined,
  class: "loss",
  flow: {
    ip: 4,
    saddr: undefined,
    sport: undefined,
    daddr: "198.51.100.10",
    dport: 443,
    addressSource: "socket",
    direction: "rx",
    tunnel: false,
  },
  outer: undefined,
  site: refusedSite("listener", "ACCEPT_QUEUE_FULL"),
  device: { netns: 4_026_531_840, ifindex: undefined, ifname: undefined, outIfindex: undefined, outIfname: undefined, mtu: undefined },
  socket: { state: "LISTEN", skCookie: 8193n },
  task: undefined,
  packet: undefined,
  stack: undefined,
  detail: {
    sinceNs: 1_767_323_045_500_000_000n,
    count: 42,
    atMost: false,
    acceptQueue: 129,
    acceptQueueLimit: 128,
  },
};
const flow = refused.flow as Flow;

export const refusedV6: RefusedEvent = {
  ...refused,
  flow: { ...flow, ip: 6, daddr: "::", dport: 80 },
  site: refusedSite("listener", "SYN_QUEUE_FULL"),
  socket: { state: "LISTEN", skCookie: 1n },
  detail: { ...refused.detail, count: 1, atMost: true, acceptQueue: 0, acceptQueueLimit: 0 },
};

/** One SYN, reported by itself. */
export const refusedEach: RefusedEvent = {
  ...refused,
  ktimeNs: 81_234_567_890_123n,
  flow: { ...flow, saddr: "203.0.113.7", sport: 40_000, addressSource: "packet" },
  site: refusedSite("tcp_conn_request", "ACCEPT_QUEUE_FULL"),
  detail: { ...refused.detail, sinceNs: refused.timeNs, count: 1 },
};
export const refusedEachV6: RefusedEvent = {
  ...refusedEach,
  flow: {
    ...flow,
    ip: 6,
    saddr: "2001:db8::7",
    sport: 40_001,
    daddr: "2001:db8::1",
    addressSource: "packet",
  },
  socket: { state: "LISTEN", skCookie: undefined },
  detail: { ...refusedEach.detail, acceptQueue: 1, acceptQueueLimit: 0 },
};

const noListener = {
  flow: undefined,
  socket: { state: "LISTEN", skCookie: undefined },
} as const;
const noQueue = { acceptQueue: undefined, acceptQueueLimit: undefined };

/** Seen, but the ring had no room for the listener. */
export const refusedUntold: RefusedEvent = {
  ...refusedEach,
  ...noListener,
  ktimeNs: undefined,
  device: undefined,
  detail: { ...refusedEach.detail, ...noQueue, count: 7 },
};

/** The listening socket was closed before it was read. */
export const refusedByNobody: RefusedEvent = {
  ...refused,
  ...noListener,
  site: refusedSite("listener", "LISTEN_DROP"),
  detail: { ...refused.detail, ...noQueue, count: 3 },
};

export const lost: LostNotice = { kind: "lost", timeNs: 1_767_323_046_000_000_000n, count: 12, total: 15 };

export const finding: FindingNotice = {
  kind: "finding",
  timeNs: 1_767_323_100_500_000_000n,
  rule: "service-down",
  title: "Nobody listens",
  certainty: "certain",
  severity: "critical",
  text: "Nobody listens on 198.51.100.10:443: 97 SYNs from 3 peers found no socket.",
  count: 97,
  countAtLeast: false,
  countAtMost: false,
  connections: 42,
  peers: 3,
  distinctAtLeast: false,
  firstNs: 1_767_323_045_123_456_789n,
  lastNs: 1_767_323_100_000_000_000n,
  perSecond: 2.123_456,
  peakPerSecond: 9,
  ongoing: true,
  service: "198.51.100.10:443",
  netns: 4_026_531_840,
  netnsName: "web",
  whose: "97 of nginx[1234] in pod shop/web, 2: not known",
  owners: [{ owner: podDrop.owner, count: 95 }, { owner: undefined, count: 2 }],
  example: "192.0.2.66:43210 > 198.51.100.10:443 - (SYN) NO_SOCKET at tcp_v4_rcv+0x91",
  exampleId: 7,
  evidence: ["No socket listened on port 443 at the end of the run"],
  refute: "A socket that listens on this address and port.",
  advice: [
    { action: "Start the service" },
    { action: "Bind it elsewhere", why: "127.0.0.1 takes nothing from outside", risk: "it is open to all then" },
  ],
  next: ["ip netns exec web ss -ltnp 'sport = :443'"],
  sources: ["net/ipv4/tcp_ipv4.c"],
};

/** Names that would move the cursor, and nothing that is optional. */
export const hostileFinding: FindingNotice = {
  ...finding,
  title: "\x1b[2J",
  text: "\u202eevil\n",
  countAtLeast: true,
  countAtMost: true,
  distinctAtLeast: true,
  firstNs: undefined,
  lastNs: undefined,
  perSecond: undefined,
  peakPerSecond: undefined,
  ongoing: false,
  service: undefined,
  netns: undefined,
  netnsName: "\x9b31m",
  whose: "\x1b[5n",
  owners: [{ owner: hostileOwnerDrop.owner, count: 3 }],
  example: "a\rb",
  exampleId: undefined,
  evidence: ["\x1b]0;x\x07"],
  refute: "\u2066",
  advice: [{ action: "\x1b[A" }],
  next: ["echo \x1b"],
  sources: [],
};

/** Of kinds of which nothing was seen. */
const NOTHING: Totals = { seen: 0, shown: 0, shownSegments: 0, hidden: { normal: 0, copy: 0 }, filtered: 0, limited: 0, unread: 0, lost: 0, undecodable: 0, missed: 0 };

export const summary: SummaryNotice = {
  kind: "summary",
  startedNs: 1_767_323_040_000_000_000n,
  endedNs: 1_767_323_100_500_000_000n,
  totals: { seen: 171, shown: 100, shownSegments: 104, hidden: { normal: 18, copy: 2 }, filtered: 30, limited: 4, unread: 1, lost: 15, undecodable: 1, missed: 7, refusedSyns: { count: 46, atMost: true, byCause: { ACCEPT_QUEUE_FULL: 42, SYN_QUEUE_FULL: 1, LISTEN_DROP: 3 }, causesAtMost: ["ACCEPT_QUEUE_FULL"], problem: undefined } },
  outputs: [{ ...byKind(() => NOTHING), name: "stdout", drop: { seen: 171, shown: 100, shownSegments: 104, hidden: { normal: 18, copy: 2 }, filtered: 30, limited: 4, unread: 1, lost: 15, undecodable: 1, missed: 7 }, refused: { seen: 46, shown: 46, shownSegments: 46, hidden: { normal: 0, copy: 0 }, filtered: 0, limited: 0, unread: 0, lost: 0, undecodable: 0, missed: 0 } }],
  shownByReason: [
    { reason: "NO_SOCKET", reasonCode: 3, reasonSubsystem: "CORE", reasonInferred: false, class: "refused", variant: "no-socket", advice: "Is the service up?", count: 90 },
    { reason: "NO_SOCKET", reasonCode: 3, reasonSubsystem: "CORE", reasonInferred: false, class: "loss", variant: "no-socket/syn-cookie-accept-queue-full", advice: "Accept faster", count: 7 },
    { reason: undefined, reasonCode: 196_609, reasonSubsystem: "OPENVSWITCH", reasonInferred: false, class: "loss", count: 2 },
    { reason: undefined, reasonCode: undefined, reasonSubsystem: undefined, reasonInferred: false, class: "loss", count: 1 },
  ],
  hiddenByReason: [
    { reason: "QUEUE_PURGE", reasonCode: 105, reasonSubsystem: "CORE", reasonInferred: false, class: "normal", count: 18 },
    { reason: "PACKET_SOCK_ERROR", reasonCode: 107, reasonSubsystem: "CORE", reasonInferred: false, class: "copy", count: 2 },
  ],
  unreadBy: { count: 1 },
  undecodableByKind: { header_not_linear: 1 },
  blindSpots: [],
  problems: [],
  bySite: [
    { reason: "NO_SOCKET", reasonCode: 3, reasonSubsystem: "CORE", reasonInferred: false, class: "refused", count: 120, perSecond: 2, lastNs: 1_767_323_100_000_000_000n, location: "tcp_v4_rcv+0x91", ip: 4, variant: "no-socket/syn", advice: "Is the service up?" },
    { reason: undefined, reasonCode: undefined, reasonSubsystem: undefined, reasonInferred: false, class: "loss", count: 20, perSecond: 0, lastNs: 1_767_323_090_000_000_000n, location: undefined, ip: undefined, advice: "Look at the location and the stack" },
  ],
  cost: { programRuns: 200, programNs: 70_000, cpuMs: 180, durationMs: 60_500, rssBytes: 70_000_000, peakRssBytes: 80_000_000, ringHighWaterBytes: 8192, ringBytes: 16_777_216 },
};

export const totals: TotalsNotice = {
  kind: "totals",
  timeNs: 1_767_323_100_500_000_000n,
  totals: { seen: 171, filtered: 30, undecodable: 1 },
  sites: [...summary.bySite, { reason: "QUEUE_PURGE", reasonCode: 105, reasonSubsystem: "CORE", reasonInferred: false, class: "normal", count: 18, perSecond: 1, lastNs: 1_767_323_080_000_000_000n, location: "__skb_queue_purge+0x2", ip: 6, advice: "Nothing to do" }],
};

/** Through a router: both interfaces. */
export const forwardedDrop: DropEvent = dropWith(fullDrop, { direction: "forwarded", state: undefined, skCookie: undefined, reason: "PKT_TOO_BIG", reasonCode: 71, location: "ip_forward+0x3a1", outIfindex: 3, outIfname: "eth1", mtu: 1300 });

export const drops: Readonly<Record<string, DropEvent>> = { fullDrop, minimalDrop, unnamedDrop, inferredDrop, zeroDrop, v6Drop, tunnelDrop, hostileDrop, deepDrop, forwardedDrop, podDrop, likelyDrop, unitDrop, nobodyDrop, hostileOwnerDrop };
export const sampleEvents: Readonly<Record<string, TraceItem>> = { ...drops, refused, refusedV6, refusedByNobody, lost, totals, finding, hostileFinding, summary };
