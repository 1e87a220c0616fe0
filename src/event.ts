/**
 * The one vocabulary right of decode/: what a drop is to everybody who filters, counts, records or shows it.
 *
 * Absent is `undefined`, never 0 or "". Names of the fields in JSON are these in snake_case
 * (sinks/fields.ts).
 */

/** How much a drop hurts; docs/adr/0004-how-harmless-is-decided.md. */
export const DROP_CLASSES = ["loss", "duplicate", "refused", "normal", "copy"] as const;

/**
 * - `loss`: data or a connection was harmed
 * - `duplicate`: a second copy of data that had arrived; nothing lost
 * - `refused`: answered with RST, or turned away by policy
 * - `normal`: closing, purging, accounting; nothing to see
 * - `copy`: a packet or raw socket's copy; the packet itself went on
 */
export type DropClass = (typeof DROP_CLASSES)[number];

export const DIRECTIONS = ["unknown", "rx", "tx", "forwarded"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/**
 * Where the addresses were read: the packet's own IP header, the inner one of a tunnel, or the owning socket.
 */
export const ADDRESS_SOURCES = ["packet", "inner", "socket"] as const;
export type AddressSource = (typeof ADDRESS_SOURCES)[number];

/** TCP flags in the order of their bits, lowest first: the order in which they are printed. */
export const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;
export type TcpFlag = (typeof TCP_FLAGS)[number];

/**
 * States of a TCP socket by the kernel's numbers, include/net/tcp_states.h; undefined for numbers that are
 * none.
 */
export const TCP_STATES: readonly (string | undefined)[] = [
  undefined,
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
  "BOUND_INACTIVE",
];

/** What saw a drop: the tracepoint, or TCP's own function of kernels whose TCP does not use that. */
export const DROP_SOURCES = ["kfree_skb", "tcp_drop"] as const;
export type DropSource = (typeof DROP_SOURCES)[number];

/** One dropped skb. SADDR and DADDR are always the packet's own source and destination. */
export interface DropEvent {
  readonly type: "drop";
  /** What told of the drop. */
  readonly source: DropSource;
  /** Wall-clock time of the drop, nanoseconds since 1970 UTC. */
  readonly timeNs: bigint;
  /** CLOCK_MONOTONIC at the drop, nanoseconds. */
  readonly ktimeNs: bigint;
  readonly cpu: number;
  /** The process (thread group) that was on the CPU: often unrelated to the packet. 0 is the idle task. */
  readonly cpuPid: number;
  readonly cpuTid: number;
  readonly cpuComm: string;
  readonly ip: 4 | 6;
  readonly saddr: string;
  readonly daddr: string;
  /** Absent where no TCP header could be read (later fragments, header not linear). */
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  readonly addressSource: AddressSource;
  readonly direction: Direction;
  /** True: the segment is inside a tunnel packet and the addresses are the inner ones. */
  readonly tunnel: boolean;
  /**
   * State of the TCP socket that the skb belongs to, like "ESTABLISHED"; absent without a socket that can be
   * believed.
   */
  readonly state: string | undefined;
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
  /**
   * Name without SKB_DROP_REASON_, from the running kernel; absent where the kernel gives none for the code.
   */
  readonly reason: string | undefined;
  /** Absent where the kernel tells no reasons. */
  readonly reasonCode: number | undefined;
  /** "CORE", "OPENVSWITCH", ... */
  readonly reasonSubsystem: string | undefined;
  /**
   * True where the kernel tells no reasons, and `reason` was told by the function that dropped the skb, which
   * drops for no other.
   */
  readonly reasonInferred: boolean;
  readonly class: DropClass;
  /** One line of advice for the reason. */
  readonly advice: string;
  /** Where in the kernel: "tcp_v4_rcv+0x1e4", with " [module]" after it, or a bare address. */
  readonly location: string;
  readonly locationAddress: bigint;
  /** Innermost frame first, like `location`; absent where no stack was taken. */
  readonly stack: readonly string[] | undefined;
  /**
   * True: stacks are wanted, and this one was left out because its place drops more often than stacks are
   * taken.
   */
  readonly stackOmitted: boolean;
  /** Inode number of the network namespace. */
  readonly netns: number | undefined;
  readonly ifindex: number | undefined;
  readonly ifname: string | undefined;
  readonly skCookie: bigint | undefined;
  readonly mark: number | undefined;
}

/**
 * Why a SYN was refused, as far as the kernel's counters tell: they give no reason for each. These words are
 * ours, and no drop reasons.
 * - `ACCEPT_QUEUE_FULL`: too many connections wait for accept()
 * - `SYN_QUEUE_FULL`: too many handshakes are under way, and SYN cookies are off
 * - `LISTEN_DROP`: another cause, or more than one for several listeners
 */
export const REFUSED_CAUSES = ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL", "LISTEN_DROP"] as const;
export type RefusedCause = (typeof REFUSED_CAUSES)[number];

/**
 * SYNs that a listening socket refused, without an answer. The kernel frees such a SYN as if it had been
 * consumed, so that there is no kfree_skb event. Where functions can be probed there is one of these for each
 * SYN (capture/kinds/refused/refused-programs.ts); elsewhere one for each listener and interval, from the socket's and its
 * namespace's counters (pipeline/refused-ledger.ts).
 */
export interface RefusedEvent {
  readonly type: "refused";
  /** What told of it: a probe on the function that refused the SYN, or counters of the listener. */
  readonly source: "tcp_conn_request" | "listener";
  /** When the SYN was refused, or the end of the interval: wall-clock, nanoseconds since 1970 UTC. */
  readonly timeNs: bigint;
  /** The start of the interval; with a probe the time itself. */
  readonly sinceNs: bigint;
  /** SYNs: at least 1. */
  readonly count: number;
  /**
   * True: an upper bound, since not all drops of the listener could be told from drops that have their own
   * event.
   */
  readonly atMost: boolean;
  readonly cause: RefusedCause;
  /** Nobody tells the peer: it tries again, and waits. */
  readonly class: "loss";
  readonly advice: string;
  readonly state: "LISTEN";
  /** Inode number of the network namespace; absent for several whose records had no room. */
  readonly netns: number | undefined;
  /** Where the SYN came from. Absent where it was only counted. */
  readonly peer: { readonly saddr: string; readonly sport: number } | undefined;
  /** The listener. Absent where it was gone before it could be asked, or where records had no room. */
  readonly listener: ListenerFacts | undefined;
}

export interface ListenerFacts {
  /**
   * The SYN's version; where it was only counted the socket's family, and one of IPv6 may take connections of
   * IPv4 too.
   */
  readonly ip: 4 | 6;
  /** The SYN's destination; where it was only counted the address that the socket listens on. */
  readonly daddr: string;
  readonly dport: number;
  /** Connections that waited for accept() at the SYN, or at the end of the interval. */
  readonly acceptQueue: number;
  /** The backlog; with one more than this the queue is full. */
  readonly acceptQueueLimit: number;
  /** Absent where the socket has none yet. */
  readonly skCookie: bigint | undefined;
}

/** Drops that the ring buffer had no room for since the last such event. */
export interface LostEvent {
  readonly type: "lost";
  readonly timeNs: bigint;
  readonly count: number;
  readonly total: number;
}

/**
 * The identity that holds for every run, in skbs:
 *
 *     seen = shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable
 *
 * `missed` stands beside it: an upper bound of runs that the kernel skipped (nested runs, for skbs of any
 * protocol).
 */
export interface Totals {
  readonly seen: number;
  readonly shown: number;
  /** Wire segments that the shown skbs stand for. */
  readonly shownSegments: number;
  readonly hidden: { readonly normal: number; readonly copy: number };
  readonly filtered: number;
  readonly limited: number;
  readonly unread: number;
  readonly lost: number;
  readonly undecodable: number;
  readonly missed: number;
  /**
   * SYNs refused by listening sockets; beside the sum, for they have no kfree_skb event. Absent where nobody
   * watched.
   */
  readonly refusedSyns?: RefusedTotal | undefined;
}

export interface RefusedTotal {
  readonly count: number;
  /** True: an upper bound. */
  readonly atMost: boolean;
  readonly byCause: Readonly<Partial<Record<RefusedCause, number>>>;
}

export interface ReasonCount {
  readonly reason: string | undefined;
  readonly reasonCode: number | undefined;
  readonly reasonInferred: boolean;
  readonly class: DropClass;
  readonly count: number;
}

/**
 * What was dropped for a reason at a location: counted in the kernel, and so exact whatever was shown or
 * lost. In skbs.
 */
export interface PlaceCount extends ReasonCount {
  /** Absent for all that came when the kernel's map of places was full. */
  readonly location: string | undefined;
  readonly ip: 4 | 6 | undefined;
  /** Wall-clock time of the last one, nanoseconds since 1970 UTC. */
  readonly lastNs: bigint;
  readonly perSecond: number;
  readonly advice: string;
}

/** What was dropped until now; comes at intervals where it is asked for. */
export interface TotalsEvent {
  readonly type: "totals";
  readonly timeNs: bigint;
  /** Most first; rates are of the time since the last such event. */
  readonly places: readonly PlaceCount[];
  readonly totals: Pick<Totals, "seen" | "filtered" | "undecodable">;
}

/** What tracing costs, from attaching to the end; only where it was asked for. */
export interface CostStats {
  /** Runs of the program in the kernel: one for each skb that was freed as dropped, of any protocol. */
  readonly programRuns: number;
  readonly programNs: number;
  /** CPU time of this process, user and system. */
  readonly cpuMs: number;
  readonly durationMs: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** The fullest that the ring was found, and its size. */
  readonly ringHighWaterBytes: number;
  readonly ringBytes: number;
}

/** The last event of every run. */
export interface SummaryEvent {
  readonly type: "summary";
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  readonly totals: Totals;
  /** Shown drops by reason, most first. */
  readonly shownByReason: readonly ReasonCount[];
  /** Hidden drops by reason, most first. */
  readonly hiddenByReason: readonly ReasonCount[];
  /** Why skbs were undecodable: kind and count. */
  readonly undecodableByKind: Readonly<Record<string, number>>;
  /** What this kernel does not let anybody see, a sentence each. */
  readonly blindSpots: readonly string[];
  /**
   * Every drop that was seen and not filtered out by the kernel, by place: most first, rates of the whole
   * run. Their sum is seen less what the kernel filtered, less what it could not decode.
   */
  readonly byPlace: readonly PlaceCount[];
  readonly cost?: CostStats | undefined;
  /**
   * What of the filter user space asked: after hiding, and after the totals by place were counted. Absent
   * where the kernel asked all.
   */
  readonly filterRest?: string | undefined;
}

export type TraceEvent = DropEvent | RefusedEvent | LostEvent | TotalsEvent | SummaryEvent;
