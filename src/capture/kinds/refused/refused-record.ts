/**
 * What is told of one refused SYN, and counted of all: written by refused-programs.ts, read by
 * capture/kinds/refused/decode-refused.ts.
 */
import { bytes, struct, u8, u16, u32, u64 } from "../../../bytes/struct.ts";

export const refusedRecord = struct("refused_record", 80, {
  /** CLOCK_BOOTTIME. */
  ktimeNs: u64(0),
  /** Of the listener; 0 where nobody asked for it yet. */
  skCookie: u64(8),
  netnsInum: u32(16),
  /** One of REFUSED_CAUSE. */
  cause: u32(20),
  /** Connections that wait for accept(), and how many may: it is full with one more than this. */
  ackBacklog: u32(24),
  maxAckBacklog: u32(28),
  /** Of the SYN, in network order; the first 4 bytes for IPv4. */
  saddr: bytes(32, 16),
  daddr: bytes(48, 16),
  sport: u16(64),
  dport: u16(66),
  /** 4 or 6. */
  ipVersion: u8(68),
});

/** `cause`, in the order of REFUSED_CAUSES in model/words.ts. */
export const REFUSED_CAUSE = { acceptQueueFull: 0, synQueueFull: 1, listenDrop: 2 } as const;

/** One CPU's memory. */
export const refusedCpu = struct("refused_cpu", 48 + refusedRecord.size, {
  /**
   * The SYN that tcp_conn_request() is looking at, and its listener; 0 where there is none, or it is
   * answered.
   */
  skb: u64(0),
  sk: u64(8),
  /** Refused by cause, whatever became of the records. */
  acceptQueueFull: u64(16),
  synQueueFull: u64(24),
  listenDrop: u64(32),
  /** Records that the ring buffer had no room for. */
  lost: u64(40),
  record: bytes(48, refusedRecord.size),
});
