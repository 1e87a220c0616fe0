/**
 * What one drop looks like on its way through the ring buffer: declared once, written by the program and read
 * by decode/.
 *
 * The layout is the same for every run. A field that a drop does not have is left as the last drop on that
 * CPU wrote it, and its bit in `present` is clear: nobody may read it without looking at the bit.
 *
 *     0     8    fixed part                                     FIXED_BYTES
 *     | ktime | ... addresses, TCP header, names ...            | stack: 8 bytes a frame, only those that are there
 */
import { bytes, struct, u8, u16, u32, u64 } from "../../bytes/struct.ts";

/** Frames at most: the kernel's own limit, PERF_MAX_STACK_DEPTH, include/uapi/linux/perf_event.h. */
export const MAX_FRAMES = 127;
const STACK_AT = 184;

export const dropRecord = struct("drop_record", STACK_AT + 8 * MAX_FRAMES, {
  ktimeNs: u64(0),
  location: u64(8),
  skCookie: u64(16),
  /** dst_entry.input of a received skb: tells whether it was to be forwarded. */
  dstInput: u64(24),
  reason: u32(32),
  present: u32(36),
  cpu: u32(40),
  tid: u32(44),
  tgid: u32(48),
  skbLen: u32(52),
  mark: u32(56),
  netnsInum: u32(60),
  ifindex: u32(64),
  /** From the IP header on, as the header says it; 0 where it says 0 (BIG TCP). */
  ipTotalLen: u32(68),
  /** In network order, as they lie in the packet. */
  seq: u32(72),
  ack: u32(76),
  sport: u16(80),
  dport: u16(82),
  window: u16(84),
  gsoSegs: u16(86),
  /** 4 or 6. */
  ipVersion: u8(88),
  direction: u8(89),
  state: u8(90),
  tcpFlags: u8(91),
  addressSource: u8(92),
  /** Bytes of IP header (extension headers included) and of TCP header. */
  ipHeaderLen: u16(94),
  tcpHeaderLen: u8(96),
  gsoSize: u16(98),
  /** Bytes of the skb from the IP header on: what is left for headers and payload. */
  l3Len: u32(100),
  /** v4 addresses are in the first 4 bytes. */
  saddr: bytes(104, 16),
  daddr: bytes(120, 16),
  comm: bytes(136, 16),
  ifname: bytes(152, 16),
  /** Bytes of stack that follow. */
  stackBytes: u32(168),
  /**
   * What the kernel found of the filter that user space asks the rest of: two bits each, see kernel-filter/.
   */
  filterTold: u32(172),
  stack: bytes(STACK_AT, 8 * MAX_FRAMES),
});

/** Bytes of a record without a stack. */
export const FIXED_BYTES = STACK_AT;

/** Bits of `present`. */
export const PRESENT = {
  reason: 1 << 0,
  /** sport, dport, seq, ack, window, tcpFlags, tcpHeaderLen */
  tcp: 1 << 1,
  state: 1 << 2,
  netns: 1 << 3,
  ifindex: 1 << 4,
  ifname: 1 << 5,
  cookie: 1 << 6,
  tunnel: 1 << 7,
  /** ipTotalLen, ipHeaderLen, l3Len */
  ip: 1 << 8,
  /** The skb came from a device: skb_iif was set. */
  received: 1 << 9,
  stack: 1 << 10,
  /** The skb is a packet or raw socket's copy. */
  copy: 1 << 11,
  /** Of OTHERHOST: the frame was sent to the interface that it came in by. */
  ownMac: 1 << 12,
  /**
   * No more stacks were walked for this place in this second; frames that came nevertheless tell the class
   * alone.
   */
  stackOmitted: 1 << 13,
} as const;

/** `direction`: what the program knows; a received skb's dstInput decides between rx and forwarded later. */
export const DIRECTION = { unknown: 0, rx: 1, tx: 2 } as const;

/** `addressSource`, in the order of ADDRESS_SOURCES in model/words.ts. */
export const ADDRESS_SOURCE = { packet: 0, inner: 1, socket: 2 } as const;

/** Frames that tell who called, where no stack is wanted: those of tracing on top, and some ten below. */
export const CALLER_FRAMES = 16;

/** Reasons with their own hidden counter; codes beyond share the last. */
export const COUNTED_REASONS = 256;

/** What the program counts on each CPU; every TCP drop ends in exactly one of the others. */
export const counters = struct("counters", 72, {
  seen: u64(0),
  sent: u64(8),
  hiddenNormal: u64(16),
  hiddenCopy: u64(24),
  filtered: u64(32),
  lost: u64(40),
  /** The IP or TCP header is not in the linear part of the skb. */
  notLinear: u64(48),
  /** The header is not set yet, or does not hold what skb->protocol says. */
  notHeader: u64(56),
  /** Seen, and no row wanted: sampling, a rate limit, totals alone. */
  limited: u64(64),
});

/**
 * What the program knows of the packet while it looks at it. It lies in a map's value and not on the stack,
 * because the verifier follows every value on the stack along every path: 28,000 instructions to verify
 * instead of a tenth of that.
 */
export const walk = struct("walk", 56, {
  /** Offset of the IP header from skb->head. */
  l3: u32(0),
  /** skb->tail: where the linear part ends. */
  tail: u32(4),
  headerLen: u32(8),
  totalLen: u32(12),
  /** Not 0 for fragments after the first. */
  fragment: u32(16),
  nextHeader: u32(20),
  /** 4, 6, or 0 where there is no IP header and the socket must tell. */
  version: u32(24),
  addressSource: u32(28),
  /** Not 0: the TCP header could be read. */
  tcpReadable: u32(32),
  /** Not 0: a packet or raw socket's copy. */
  copy: u32(36),
  /** The IP version that skb->protocol tells: 4, 6, or 0 where it tells none. */
  claimed: u32(40),
  /** The struct net that netnsInum is of, where it came from the socket or the route; else 0. */
  net: u64(48),
});

/**
 * Where the kernel does not keep a program from interrupting itself (recursion-guard.ts), the program does.
 */
export const guard = struct("guard", 16, {
  /** Not 0: the program is running on this CPU. */
  busy: u64(0),
  /** Runs that were skipped because of that. */
  missed: u64(8),
});

const HIDDEN_AT = counters.size;
const WALK_AT = HIDDEN_AT + 2 * 8 * COUNTED_REASONS;
const RECORD_AT = WALK_AT + walk.size;

const GUARD_AT = RECORD_AT + dropRecord.size;
const SAMPLE_AT = GUARD_AT + guard.size;

/**
 * One CPU's memory: counters, hidden drops by reason, the packet that is looked at, and the record being
 * assembled.
 */
export const perCpu = struct("per_cpu", SAMPLE_AT + 8, {
  counters: bytes(0, counters.size),
  hiddenNormalByReason: bytes(HIDDEN_AT, 8 * COUNTED_REASONS),
  hiddenCopyByReason: bytes(HIDDEN_AT + 8 * COUNTED_REASONS, 8 * COUNTED_REASONS),
  walk: bytes(WALK_AT, walk.size),
  record: bytes(RECORD_AT, dropRecord.size),
  guard: bytes(GUARD_AT, guard.size),
  /** Drops that are passed over until the next one is sent, where one of several is. */
  sampleLeft: u64(SAMPLE_AT),
});

/** A place where all is harmless, and why it was freed there: the key of the map of harmless places. */
export const placeKey = struct("place", 16, { location: u64(0), reason: u64(8) });

/** Values of that map. */
export const PLACE = { normal: 1, copy: 2 } as const;
export const MAX_PLACES = 256;

/**
 * The key of the totals: a place and what kind of packet. `kind` is the IP version, and 256 more for a copy.
 */
export const totalKey = struct("total_key", 16, { location: u64(0), reason: u32(8), kind: u32(12) });
export const COPY_KIND = 1 << 8;

/**
 * One CPU's total of a place, how many of its stacks were walked in the second that began at `stacksSinceNs`,
 * and what the map of harmless places said of it at `askedNs` (0 where it is not in there). Times are
 * CLOCK_BOOTTIME.
 */
export const totalValue = struct("total", 48, {
  count: u64(0),
  lastNs: u64(8),
  stacksSinceNs: u64(16),
  stacks: u64(24),
  askedNs: u64(32),
  harmless: u32(40),
});
/** Distinct places that are told apart. 6.18 has some 500 places that drop; a busy host shows a few dozen. */
export const MAX_TOTALS = 1024;

/** All CPUs' rows in the second that began at `sinceNs`. */
export const pace = struct("pace", 16, { sinceNs: u64(0), count: u64(8) });
