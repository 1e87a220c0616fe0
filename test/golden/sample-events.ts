/** Events that every sink must be able to show; their outputs are the other files of this folder. */
import type { DropEvent, LostEvent, RefusedEvent, SummaryEvent, TotalsEvent, TraceEvent } from "../../src/event.ts";

export const fullDrop: DropEvent = {
  type: "drop",
  source: "kfree_skb",
  timeNs: 1_767_323_045_123_456_789n,
  ktimeNs: 81_234_567_890_123n,
  cpu: 3,
  cpuPid: 12_431,
  cpuTid: 12_440,
  cpuComm: "nginx: worker",
  ip: 4,
  saddr: "192.0.2.66",
  daddr: "198.51.100.10",
  sport: 43_210,
  dport: 443,
  addressSource: "packet",
  direction: "rx",
  tunnel: false,
  state: "ESTABLISHED",
  flags: ["PSH", "ACK"],
  seq: 4_123_456_789,
  ack: 1_000_000_007,
  window: 501,
  payloadLen: 1448,
  skbLen: 1500,
  gsoSegs: 1,
  reason: "TCP_INVALID_SEQUENCE",
  reasonCode: 51,
  reasonSubsystem: "CORE",
  reasonInferred: false,
  class: "loss",
  advice: "A segment outside the window.",
  location: "tcp_validate_incoming+0x1e4",
  locationAddress: 0xffff_ffff_81c0_01e4n,
  stackOmitted: false,
  stack: ["tcp_validate_incoming+0x1e4", "tcp_rcv_established+0x2a1", "tcp_v4_do_rcv+0x135", "nf_hook_slow+0x4a [nf_tables]"],
  netns: 4_026_531_840,
  ifindex: 2,
  ifname: "eth0",
  skCookie: 18_446_744_073_709_551_615n,
  mark: 0,
};

/** Everything that can be absent is. */
export const minimalDrop: DropEvent = {
  ...fullDrop,
  timeNs: 1_767_323_045_000_000_999n,
  cpuPid: 0,
  cpuTid: 0,
  cpuComm: "swapper/3",
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
};

/** A code that the kernel has no name for. */
export const unnamedDrop: DropEvent = { ...minimalDrop, reasonCode: 196_609 };

/** On a kernel that tells no reasons, where the location does. */
export const inferredDrop: DropEvent = { ...fullDrop, reason: "NETFILTER_DROP", reasonCode: undefined, reasonInferred: true, location: "nf_hook_slow+0x4a", state: undefined };

/** What can be 0 or empty and yet there. */
export const zeroDrop: DropEvent = {
  ...fullDrop,
  cpu: 0,
  cpuPid: 0,
  cpuTid: 0,
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
};

export const v6Drop: DropEvent = {
  ...fullDrop,
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
};

export const tunnelDrop: DropEvent = { ...fullDrop, tunnel: true, addressSource: "inner", direction: "forwarded", state: undefined, gsoSegs: 5, payloadLen: 65_000, ifname: "vxlan100", class: "normal", mark: 0xffff_ffff };

/**
 * Names that want to move the cursor, paint the screen and turn the writing around; " \ and newlines for
 * JSON.
 */
export const hostileDrop: DropEvent = {
  ...fullDrop,
  cpuComm: '\x1b[2J"evil\\\n',
  ifname: "\u202eeth\u0085\ud800\r",
  state: "A\tB",
  reason: "X\nY\u{1f600}",
  location: "sym\x7f+0x1 [mod\x00]",
  stackOmitted: false,
  stack: ["sym\x7f+0x1 [mod\x00]", "\x9b31mred\u2066+0x2"],
};

export const deepDrop: DropEvent = { ...fullDrop, stack: Array.from({ length: 127 }, (_, n) => `frame_number_${n}+0x${n.toString(16)}`) };

export const refused: RefusedEvent = {
  type: "refused",
  source: "listener",
  timeNs: 1_767_323_046_500_000_000n,
  sinceNs: 1_767_323_045_500_000_000n,
  count: 42,
  atMost: false,
  cause: "ACCEPT_QUEUE_FULL",
  class: "loss",
  advice: "Accept faster.",
  state: "LISTEN",
  netns: 4_026_531_840,
  peer: undefined,
  listener: { ip: 4, daddr: "198.51.100.10", dport: 443, acceptQueue: 129, acceptQueueLimit: 128, skCookie: 8193n },
};

export const refusedV6: RefusedEvent = {
  ...refused,
  count: 1,
  atMost: true,
  cause: "SYN_QUEUE_FULL",
  listener: { ip: 6, daddr: "::", dport: 80, acceptQueue: 0, acceptQueueLimit: 0, skCookie: 1n },
};

/** One SYN, seen itself. */
export const refusedEach: RefusedEvent = {
  ...refused,
  source: "tcp_conn_request",
  sinceNs: refused.timeNs,
  count: 1,
  peer: { saddr: "203.0.113.7", sport: 40_000 },
};
export const refusedEachV6: RefusedEvent = {
  ...refusedEach,
  peer: { saddr: "2001:db8::7", sport: 40_001 },
  listener: { ip: 6, daddr: "2001:db8::1", dport: 443, acceptQueue: 1, acceptQueueLimit: 0, skCookie: undefined },
};
/** Seen, with no room to tell whose they were. */
export const refusedUntold: RefusedEvent = { ...refusedEach, count: 7, netns: undefined, peer: undefined, listener: undefined };

/** The listening socket was closed before it could be asked. */
export const refusedByNobody: RefusedEvent = { ...refused, count: 3, cause: "LISTEN_DROP", listener: undefined };

export const lost: LostEvent = { type: "lost", timeNs: 1_767_323_046_000_000_000n, count: 12, total: 15 };

export const summary: SummaryEvent = {
  type: "summary",
  startedNs: 1_767_323_040_000_000_000n,
  endedNs: 1_767_323_100_500_000_000n,
  totals: { seen: 171, shown: 100, shownSegments: 104, hidden: { normal: 18, copy: 2 }, filtered: 30, limited: 4, unread: 1, lost: 15, undecodable: 1, missed: 7, refusedSyns: { count: 46, atMost: true, byCause: { ACCEPT_QUEUE_FULL: 42, SYN_QUEUE_FULL: 1, LISTEN_DROP: 3 } } },
  outputs: [],
  shownByReason: [
    { reason: "NO_SOCKET", reasonCode: 3, reasonInferred: false, class: "refused", count: 97 },
    { reason: undefined, reasonCode: 196_609, reasonInferred: false, class: "loss", count: 2 },
    { reason: undefined, reasonCode: undefined, reasonInferred: false, class: "loss", count: 1 },
  ],
  hiddenByReason: [
    { reason: "QUEUE_PURGE", reasonCode: 105, reasonInferred: false, class: "normal", count: 18 },
    { reason: "PACKET_SOCK_ERROR", reasonCode: 107, reasonInferred: false, class: "copy", count: 2 },
  ],
  undecodableByKind: { header_not_linear: 1 },
  blindSpots: [],
  byPlace: [
    { reason: "NO_SOCKET", reasonCode: 3, reasonInferred: false, class: "refused", count: 120, perSecond: 2, lastNs: 1_767_323_100_000_000_000n, location: "tcp_v4_rcv+0x91", ip: 4, advice: "Is the service up?" },
    { reason: undefined, reasonCode: undefined, reasonInferred: false, class: "loss", count: 20, perSecond: 0, lastNs: 1_767_323_090_000_000_000n, location: undefined, ip: undefined, advice: "Look at the location and the stack" },
  ],
  cost: { programRuns: 200, programNs: 70_000, cpuMs: 180, durationMs: 60_500, rssBytes: 70_000_000, peakRssBytes: 80_000_000, ringHighWaterBytes: 8192, ringBytes: 16_777_216 },
};

export const totals: TotalsEvent = {
  type: "totals",
  timeNs: 1_767_323_100_500_000_000n,
  totals: { seen: 171, filtered: 30, undecodable: 1 },
  places: [...summary.byPlace, { reason: "QUEUE_PURGE", reasonCode: 105, reasonInferred: false, class: "normal", count: 18, perSecond: 1, lastNs: 1_767_323_080_000_000_000n, location: "__skb_queue_purge+0x2", ip: 6, advice: "Nothing to do" }],
};

export const drops: Readonly<Record<string, DropEvent>> = { fullDrop, minimalDrop, unnamedDrop, inferredDrop, zeroDrop, v6Drop, tunnelDrop, hostileDrop, deepDrop };
export const sampleEvents: Readonly<Record<string, TraceEvent>> = { ...drops, refused, refusedV6, refusedByNobody, lost, totals, summary };
