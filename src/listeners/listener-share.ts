/** What a drop that has its own event adds to the counters of the listening socket that it came to. */
import type { DropEvent } from "../model/index.ts";

/**
 * What ListenDrops counts besides refused SYNs: the last ACK of a handshake for which there was no room, and
 * one that brought back a SYN cookie. "maybe": kernels before 6.15 give a last ACK no reason of its own.
 */
export type CountedAs = "last-ack" | "cookie" | "maybe";

export interface ListenerShare {
  /** ListenDrops counts it once, and sk_drops with it; undefined: it does not count it. */
  readonly countedAs: CountedAs | undefined;
  /** What else it adds to sk_drops: sk_drops_add() counts wire segments. */
  readonly skDrops: number;
}

const NOTHING: ListenerShare = { countedAs: undefined, skDrops: 0 };
const LISTEN_OVERFLOW = "TCP_LISTEN_OVERFLOW";

/** Whether this kernel gives a last ACK without room a reason of its own: since Linux 6.15. */
export function namesLastAcks(kernelReasons: Iterable<string>): boolean {
  for (const name of kernelReasons) if (name === LISTEN_OVERFLOW) return true;
  return false;
}

/**
 * By the function that dropped the segment, as read in 6.12 and run on 6.18:
 *
 * | function | sk_drops | ListenDrops |
 * |---|---|---|
 * | tcp_v4_rcv, tcp_v6_rcv: discard_and_relse | segments | |
 * | the same, after tcp_check_req() had no room for it (TCP_LISTEN_OVERFLOW) | segments and 1 | 1 |
 * | the same, checksum | | |
 * | tcp_rcv_state_process: tcp_drop_reason() | segments | |
 * | cookie_v4_check, cookie_v6_check: no room for the connection (NO_SOCKET) | 1 | 1 |
 * | tcp_v4_do_rcv, tcp_v6_do_rcv, and every other function | | |
 */
export function shareOfListener(event: DropEvent, lastAcksAreNamed: boolean): ListenerShare {
  const { reason, location } = event.site;
  const { gsoSegs } = event.packet;
  if (event.flow.direction === "tx" || reason === "TCP_CSUM") return NOTHING;
  switch (functionOf(location)) {
    case "cookie_v4_check":
    case "cookie_v6_check":
      return reason === "NO_SOCKET" ? { countedAs: "cookie", skDrops: 0 } : NOTHING;
    case "tcp_v4_rcv":
    case "tcp_v6_rcv":
    // A bare address, without kallsyms.
    case undefined:
      return { countedAs: lastAck(event, lastAcksAreNamed), skDrops: gsoSegs };
    case "tcp_rcv_state_process":
      return { countedAs: undefined, skDrops: gsoSegs };
    default:
      return NOTHING;
  }
}

/** listen_overflow in tcp_check_req(). */
function lastAck(event: DropEvent, isNamed: boolean): CountedAs | undefined {
  const { reason } = event.site;
  const { flags } = event.packet;
  if (reason === LISTEN_OVERFLOW) return "last-ack";
  const isAck = flags?.includes("ACK") === true && !flags.includes("SYN") && !flags.includes("RST");
  return reason === "NOT_SPECIFIED" && isAck && !isNamed ? "maybe" : undefined;
}

/** Up to 6.8 tcp_v4_do_rcv() and its kin drop what cookie_v4_check() has no room for. */
const DROP_LAST_ACKS = ["tcp_v4_rcv", "tcp_v6_rcv", "tcp_v4_do_rcv", "tcp_v6_do_rcv"];

/**
 * The same of all drops of a site, of which neither socket nor flags are known. `location` is undefined for
 * what found the kernel's table of sites full.
 */
export function siteCountedAs(
  { reason, location }: { readonly reason: string | undefined; readonly location: string | undefined },
  lastAcksAreNamed: boolean,
): CountedAs | undefined {
  if (location === undefined) return "maybe";
  const symbol = functionOf(location);
  if (symbol === "cookie_v4_check" || symbol === "cookie_v6_check")
    return reason === "NO_SOCKET" ? "cookie" : undefined;
  if (symbol !== undefined && !DROP_LAST_ACKS.includes(symbol)) return undefined;
  if (reason === LISTEN_OVERFLOW) return "last-ack";
  if (symbol === undefined && reason === "NO_SOCKET") return "maybe";
  return (reason ?? "NOT_SPECIFIED") === "NOT_SPECIFIED" && !lastAcksAreNamed ? "maybe" : undefined;
}

function functionOf(location: string): string | undefined {
  return /^[a-z]\w*/.exec(location)?.[0];
}
