/**
 * What a program finds out about an skb while it looks at it. It lies in a map's value and not on the stack,
 * because the verifier follows every value on the stack along every path: 28,000 instructions to verify instead
 * of a tenth of that. All of it is 0 at first, and each fact is found by one step.
 */
import type { StructMemory } from "../../bpf/index.ts";
import { struct, u8, u16, u32, u64 } from "../../bytes/struct.ts";

export const facts = struct("facts", 88, {
  /** Offset of the IP header from skb->head. */
  l3: u32(0),
  /** skb->tail: where the linear part ends. */
  tail: u32(4),
  /** Bytes of IP header, extension headers included. */
  headerLen: u32(8),
  /** From the IP header on, as the header says it; 0 where it says 0 (BIG TCP). */
  totalLen: u32(12),
  /** Not 0 for fragments after the first. */
  fragment: u32(16),
  nextHeader: u32(20),
  /** 4, 6, or 0 where there is no IP header and the socket must give the addresses. */
  version: u32(24),
  /** One of ADDRESS_SOURCE. */
  addressSource: u32(28),
  /** Not 0: the TCP header could be read. */
  tcpReadable: u32(32),
  /** The IP version that skb->protocol claims: 4, 6, or 0 where it claims none. */
  claimed: u32(36),
  /** One of DIRECTION. */
  direction: u32(40),
  /** One of COPY. */
  copy: u32(44),
  /** Not 0: of OTHERHOST, and the frame was sent to the interface that it came in by. */
  ownMac: u32(48),
  /** Not 0: skb->dev is the device that has it. */
  deviceBelieved: u32(52),
  /** Inode number of the network namespace; 0 where nothing says which. */
  netnsInum: u32(56),
  /** Not 0: a header is beyond the linear part of the skb. */
  cutOff: u32(60),
  /** The struct net that it is of, where a socket or the route has it, or `transit` is `leaving`; else 0. */
  net: u64(64),
  /** Of HINT. */
  hints: u32(72),
  /** One of TRANSIT. */
  transit: u32(76),
  /** Where `addressSource` is `inner`: offset of the outer IP header, and of what follows it. */
  outer: u16(80),
  outerEnd: u16(82),
  /** What the outer IP header says comes next, and its version. */
  outerProtocol: u8(84),
  outerVersion: u8(85),
});

export type Facts = StructMemory<(typeof facts)["fields"]>;

/**
 * `direction`: what the program knows. Of a received skb that is not on its way out yet (`transit`), the route
 * decides between rx and forwarded later.
 */
export const DIRECTION = { unknown: 0, rx: 1, tx: 2, forwarded: 3 } as const;

/** `transit`: the device that a received skb was to leave by is known, from its route or since it has it. */
export const TRANSIT = { none: 0, byRoute: 1, leaving: 2 } as const;

/** `addressSource`: where the addresses were read. */
export const ADDRESS_SOURCE = { packet: 0, inner: 1, socket: 2 } as const;

/** `copy`: whose copy of the packet it is, or none; the packet itself went on. */
export const COPY = { none: 0, socket: 1, timestamp: 2 } as const;

/** `hints`: what the receiving socket says of a segment that is too old. */
export const HINT = { acksNewData: 1, windowClosed: 2 } as const;
