/** The words that fields of events take, in the order in which they are listed and encoded. */

/**
 * How much a drop hurts; docs/adr/0004-how-harmless-is-decided.md.
 *
 * @example
 * ```ts
 * import { DROP_CLASSES } from "tcpdrop";
 *
 * console.log(DROP_CLASSES.join(" "));
 * // prints: loss duplicate refused normal copy
 * ```
 */
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

/**
 * Whether drops of the class are hidden unless asked for.
 *
 * @example
 * ```ts
 * import { isHarmless } from "tcpdrop";
 *
 * console.log(isHarmless("normal"), isHarmless("loss"));
 * // prints: true false
 * ```
 */
export function isHarmless(dropClass: DropClass): dropClass is HarmlessClass {
  return dropClass === "normal" || dropClass === "copy";
}

/**
 * Received here, sent from here, or passing through.
 *
 * @example
 * ```ts
 * import { DIRECTIONS } from "tcpdrop";
 *
 * console.log(DIRECTIONS.join(" "));
 * // prints: unknown rx tx forwarded
 * ```
 */
export const DIRECTIONS = ["unknown", "rx", "tx", "forwarded"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/**
 * Where the addresses were read: the packet's own IP header, the inner one of a tunnel, or the owning socket.
 *
 * @example
 * ```ts
 * import { ADDRESS_SOURCES } from "tcpdrop";
 *
 * console.log(ADDRESS_SOURCES.join(" "));
 * // prints: packet inner socket
 * ```
 */
export const ADDRESS_SOURCES = ["packet", "inner", "socket"] as const;
export type AddressSource = (typeof ADDRESS_SOURCES)[number];

/**
 * TCP flags in the order of their bits, lowest first: the order in which they are printed.
 *
 * @example
 * ```ts
 * import { TCP_FLAGS } from "tcpdrop";
 *
 * console.log(TCP_FLAGS.indexOf("SYN"));
 * // prints: 1
 * ```
 */
export const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;
export type TcpFlag = (typeof TCP_FLAGS)[number];

/**
 * States of a TCP socket by the kernel's numbers, include/net/tcp_states.h; undefined for numbers that are
 * none.
 *
 * @example
 * ```ts
 * import { TCP_STATES } from "tcpdrop";
 *
 * console.log(TCP_STATES[1], TCP_STATES.indexOf("LISTEN"));
 * // prints: ESTABLISHED 10
 * ```
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

/**
 * What saw a drop: the tracepoint kfree_skb, or TCP's own function tcp_drop on kernels where that does not
 * come to the tracepoint.
 *
 * @example
 * ```ts
 * import { DROP_SOURCES } from "tcpdrop";
 *
 * console.log(DROP_SOURCES.join(" "));
 * // prints: kfree_skb tcp_drop
 * ```
 */
export const DROP_SOURCES = ["kfree_skb", "tcp_drop"] as const;

/**
 * What saw a refused SYN: a probe on tcp_conn_request, or counters of the listening socket and its namespace.
 *
 * @example
 * ```ts
 * import { REFUSED_SOURCES } from "tcpdrop";
 *
 * console.log(REFUSED_SOURCES.join(" "));
 * // prints: tcp_conn_request listener
 * ```
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
 *
 * @example
 * ```ts
 * import { REFUSED_CAUSES } from "tcpdrop";
 *
 * console.log(REFUSED_CAUSES.includes("ACCEPT_QUEUE_FULL"));
 * // prints: true
 * ```
 */
export const REFUSED_CAUSES = ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL", "LISTEN_DROP"] as const;
export type RefusedCause = (typeof REFUSED_CAUSES)[number];

/**
 * What puts a packet into another, by the words of `ip link`: by the outer header's protocol and UDP port. `udp`
 * is another port than those of VXLAN (4789, 8472) and Geneve (6081).
 *
 * @example
 * ```ts
 * import { TUNNEL_PROTOCOLS } from "tcpdrop";
 *
 * console.log(TUNNEL_PROTOCOLS.join(" "));
 * // prints: vxlan geneve gre ipip sit ip6tnl udp
 * ```
 */
export const TUNNEL_PROTOCOLS = ["vxlan", "geneve", "gre", "ipip", "sit", "ip6tnl", "udp"] as const;
export type TunnelProtocol = (typeof TUNNEL_PROTOCOLS)[number];

/**
 * Why drops were not shown though they were read, or could have been: `count`, after the last one that was wanted;
 * `closed`, the reader of the output had gone; `slow`, the output did not take them in time; `ended`, they were
 * still in the ring when the run was over.
 *
 * @example
 * ```ts
 * import { UNREAD_CAUSES } from "tcpdrop";
 *
 * console.log(UNREAD_CAUSES.join(", "));
 * // prints: count, closed, slow, ended
 * ```
 */
export const UNREAD_CAUSES = ["count", "closed", "slow", "ended"] as const;
export type UnreadCause = (typeof UNREAD_CAUSES)[number];
export type UnreadBy = Readonly<Partial<Record<UnreadCause, number>>>;
