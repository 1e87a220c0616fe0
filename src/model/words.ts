/** The words that fields of events take, in the order in which they are listed and encoded. */

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

/** Classes that are hidden unless asked for. */
export type HarmlessClass = Extract<DropClass, "normal" | "copy">;

export function isHarmless(dropClass: DropClass): dropClass is HarmlessClass {
  return dropClass === "normal" || dropClass === "copy";
}

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

/** What saw a drop: the tracepoint, or TCP's own function on kernels whose TCP does not use that. */
export const DROP_SOURCES = ["kfree_skb", "tcp_drop"] as const;

/**
 * What saw a refused SYN: a probe on tcp_conn_request, or counters of the listening socket and its namespace.
 */
export const REFUSED_SOURCES = ["tcp_conn_request", "listener"] as const;

export type DropSource = (typeof DROP_SOURCES)[number];
export type RefusedSource = (typeof REFUSED_SOURCES)[number];
export type EventSource = DropSource | RefusedSource;

/**
 * Why a SYN was refused, as far as the kernel's counters show it: the kernel gives no reason for one. These
 * words are ours; reasons/listen.ts has a row for each.
 * - `ACCEPT_QUEUE_FULL`: too many connections wait for accept()
 * - `SYN_QUEUE_FULL`: too many handshakes are under way, and SYN cookies are off
 * - `LISTEN_DROP`: another cause, or more than one for several listeners
 */
export const REFUSED_CAUSES = ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL", "LISTEN_DROP"] as const;
export type RefusedCause = (typeof REFUSED_CAUSES)[number];
