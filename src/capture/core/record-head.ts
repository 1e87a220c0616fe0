/**
 * How every record on the ring begins, whatever its kind: who reads it knows from the head alone what it is,
 * when it was, and how long it is.
 *
 *     0       1        2       4         8         16    17  20    24
 *     | kind  | version | length | present | ktimeNs | hook |   | cpu | sections, then tails, each padded to 8
 */
import { struct, u8, u16, u32, u64 } from "../../bytes/struct.ts";

export const recordHead = struct("record_head", 24, {
  /** One of KIND. */
  kind: u8(0),
  /** RECORD_VERSION when it was written. */
  version: u8(1),
  /** Bytes of the whole record. */
  length: u16(2),
  /** Which of its sections, and of their optional parts, hold something: the loader hands out the bits. */
  present: u32(4),
  /** CLOCK_BOOTTIME. */
  ktimeNs: u64(8),
  /** One of HOOK: what saw it. */
  hook: u8(16),
  cpu: u32(20),
});

export const RECORD_VERSION = 1;

/** `kind`; 0 is none, so that zeros are no record. */
export const KIND = { drop: 1, refused: 2, closedListener: 3 } as const;

/** `hook`, by the function or tracepoint that was traced. */
export const HOOK = { kfree_skb: 0, tcp_drop: 1, tcp_conn_request: 2, inet_sock_set_state: 3 } as const;
