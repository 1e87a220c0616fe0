/** What the flags of a segment say, as bits: looked at for every event. */
import type { TcpFlag } from "../model/index.ts";

/** Those that are asked for. */
export const [SYN, ACK, RST, FIN] = [1, 2, 4, 8] as const;
export const SYN_ACK = SYN | ACK;
const ANY_OF_SENDERS = SYN | ACK | RST;
const SYN_FIN = SYN | FIN;

/** Of these flags alone. */
export function bitsOf(flags: readonly TcpFlag[]): number {
  return (
    (flags.includes("SYN") ? SYN : 0) |
    (flags.includes("ACK") ? ACK : 0) |
    (flags.includes("RST") ? RST : 0) |
    (flags.includes("FIN") ? FIN : 0)
  );
}

/**
 * No TCP sends it: only SYNs and RSTs go without ACK (RFC 9293, 3.10.7.4), and a SYN does not close (but for
 * RFC 1644, which nobody uses).
 */
export function isSenseless(bits: number): boolean {
  return (bits & ANY_OF_SENDERS) === 0 || (bits & SYN_FIN) === SYN_FIN;
}
