/**
 * What events have in common, in groups that repeat together: one frozen object for each distinct value, found
 * by an Interner (interner.ts), so that identity can stand for equality in a cache.
 *
 * Two objects that are not the same may still be equal: an interner is bounded. Absent is `undefined`.
 */
import type {
  AddressSource,
  Direction,
  DropSource,
  EventSource,
  RefusedCause,
  RefusedSource,
  TcpFlag,
  TunnelProtocol,
} from "./words.ts";

/** Who sends what to whom. SADDR and DADDR are always the packet's own source and destination. */
export interface Flow {
  readonly ip: 4 | 6;
  /** Absent where SYNs were only counted. */
  readonly saddr: string | undefined;
  /** Absent where no TCP header could be read (later fragments, header not linear). */
  readonly sport: number | undefined;
  /** Where SYNs were only counted, the address that the socket listens on. */
  readonly daddr: string;
  readonly dport: number | undefined;
  readonly addressSource: AddressSource;
  readonly direction: Direction;
  /** True: the segment is inside a tunnel packet and the addresses are the inner ones. */
  readonly tunnel: boolean;
}

/** The flow of a packet that was seen. */
export interface PacketFlow extends Flow {
  readonly saddr: string;
}

/** Why, and where in the kernel: a reason at a location, and which variant of the reason. */
export interface Site {
  readonly source: EventSource;
  /**
   * Name without SKB_DROP_REASON_, from the running kernel; absent where the kernel gives none for the code. Of
   * a refused SYN its cause, a word of ours.
   */
  readonly reason: string | undefined;
  /** Absent where the kernel gives no reasons. */
  readonly reasonCode: number | undefined;
  /** "CORE", "OPENVSWITCH", ...; "LISTEN" for causes of refused SYNs. */
  readonly reasonSubsystem: string | undefined;
  /**
   * True where the kernel gives no reasons, and `reason` follows from the function that dropped the skb, which
   * drops for no other.
   */
  readonly reasonInferred: boolean;
  /** What of the reason it is: the id of a row of reasons/, like "no-socket/syn-cookie-accept-queue-full". */
  readonly variant: string;
  /** What happened, in plain sentences: no more than is known of this drop. */
  readonly meaning: string;
  /** One line: what to check or do next. */
  readonly advice: string;
  /** "tcp_v4_rcv+0x1e4", with " [module]" after it, or a bare address. */
  readonly location: string | undefined;
  readonly locationAddress: bigint | undefined;
}

/** The site of a drop. */
export interface DropSite extends Site {
  readonly source: DropSource;
  readonly location: string;
  readonly locationAddress: bigint;
}

/** The site of refused SYNs. */
export interface RefusedSite extends Site {
  readonly source: RefusedSource;
  readonly reason: RefusedCause;
}

export interface Device {
  /** Inode number of the network namespace. */
  readonly netns: number | undefined;
  /** It came by this one; what this host sends was to leave by it. */
  readonly ifindex: number | undefined;
  readonly ifname: string | undefined;
  /** It was to leave by this one: known of what is sent, and of what is forwarded once its way is. */
  readonly outIfindex: number | undefined;
  readonly outIfname: string | undefined;
  /** Of the route of what is forwarded: what its length is compared with. */
  readonly mtu: number | undefined;
}

/** The TCP socket that the skb belongs to. */
export interface Socket {
  /** Like "ESTABLISHED"; absent without a socket that can be trusted. */
  readonly state: string | undefined;
  readonly skCookie: bigint | undefined;
}

/** What was on the CPU: often unrelated to the packet. */
export interface Task {
  readonly cpu: number;
  /** The process (thread group); 0 is the idle task. */
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

/** What differs from packet to packet: the one group that is not shared. */
export interface Packet {
  readonly flags: readonly TcpFlag[] | undefined;
  readonly seq: number | undefined;
  readonly ack: number | undefined;
  /** The header's 16 bits, not scaled. */
  readonly window: number | undefined;
  /** Bytes of TCP payload in the whole skb. */
  readonly payloadLen: number | undefined;
  readonly skbLen: number;
  /** How many wire segments the skb stands for; at least 1. */
  readonly gsoSegs: number;
  readonly mark: number | undefined;
}

/** The outer header of a segment inside a tunnel packet. */
export interface Outer {
  readonly saddr: string;
  readonly daddr: string;
  /** Absent where it is none that is known. */
  readonly protocol: TunnelProtocol | undefined;
  /** Of UDP. */
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  /** Of VXLAN and Geneve. */
  readonly vni: number | undefined;
}
