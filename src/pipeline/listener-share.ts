/** What a drop that has its own event adds to the counters of the listening socket that it came to. */
import type { DropEvent } from "../model/index.ts";

export interface ListenerShare {
  /**
   * What it adds to ListenDrops, and to sk_drops with it; "maybe" where kernels before 6.15 give no reason
   * that tells.
   */
  readonly listenDrops: 0 | 1 | "maybe";
  /** What else it adds to sk_drops: sk_drops_add() counts wire segments. */
  readonly skDrops: number;
}

const NOTHING: ListenerShare = { listenDrops: 0, skDrops: 0 };

/**
 * By the function that dropped the segment, as read in 6.12 and run on 6.18:
 *
 * | function | sk_drops | ListenDrops |
 * |---|---|---|
 * | tcp_v4_rcv, tcp_v6_rcv: discard_and_relse | segments | |
 * | the same, after tcp_check_req() had no room for the connection (TCP_LISTEN_OVERFLOW) | segments and 1 | 1 |
 * | the same, checksum | | |
 * | tcp_rcv_state_process: tcp_drop_reason() | segments | |
 * | cookie_v4_check, cookie_v6_check: no room for the connection (NO_SOCKET) | 1 | 1 |
 * | tcp_v4_do_rcv, tcp_v6_do_rcv, and every other place | | |
 */
export function shareOfListener(event: DropEvent): ListenerShare {
  const { reason, location } = event.site;
  if (event.flow.direction === "tx" || reason === "TCP_CSUM") return NOTHING;
  const symbol = /^[a-z]\w*/.exec(location)?.[0];
  switch (symbol) {
    case "cookie_v4_check":
    case "cookie_v6_check":
      return reason === "NO_SOCKET" ? { listenDrops: 1, skDrops: 0 } : NOTHING;
    case "tcp_v4_rcv":
    case "tcp_v6_rcv":
      return { listenDrops: finalAck(event), skDrops: event.packet.gsoSegs };
    case "tcp_rcv_state_process":
      return { listenDrops: 0, skDrops: event.packet.gsoSegs };
    case undefined:
      // A bare address, without kallsyms.
      return { listenDrops: finalAck(event), skDrops: event.packet.gsoSegs };
    default:
      return NOTHING;
  }
}

/** The last ACK of a handshake for which there was no room: listen_overflow in tcp_check_req(). */
function finalAck({ site: { reason }, packet: { flags } }: DropEvent): ListenerShare["listenDrops"] {
  if (reason === "TCP_LISTEN_OVERFLOW") return 1;
  const isAck = flags?.includes("ACK") === true && !flags.includes("SYN") && !flags.includes("RST");
  return reason === "NOT_SPECIFIED" && isAck ? "maybe" : 0;
}
