/**
 * What the iterator writes of one listening socket: written by listener-program.ts, read by
 * capture/kinds/refused/decode-listener.ts.
 */
import { bytes, struct, u8, u16, u32, u64 } from "../../../bytes/struct.ts";
import { ownerLayout } from "../../sections/owner/owner.ts";

export const listenerRecord = struct("listener_record", 48 + ownerLayout.size, {
  /**
   * Made by the program where the socket had none, so that it is never 0, and no two sockets share one while
   * the machine runs.
   */
  cookie: u64(0),
  netnsInum: u32(8),
  /** Wraps at 2^32: it is an atomic_t. */
  drops: u32(12),
  /** Connections that wait for accept(), and how many may: it is full with one more than this. */
  ackBacklog: u32(16),
  maxAckBacklog: u32(20),
  /** Network order; the first 4 bytes where the family is AF_INET. */
  address: bytes(24, 16),
  port: u16(40),
  family: u16(42),
  /** Not 0: takes no IPv4. */
  v6Only: u8(44),
  /** Not 0: `cookie` holds the socket's address, since this kernel makes no cookie for such a program. */
  cookieIsAddress: u8(45),
  /** Whose it is: `ownerLayout`; zeros where nobody asked. */
  owner: bytes(48, ownerLayout.size),
});
