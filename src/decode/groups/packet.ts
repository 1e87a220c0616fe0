/** What a record says of the packet alone: it differs from one to the next, and is not shared. */
import { type Packet, TCP_FLAGS, type TcpFlag } from "../../model/index.ts";
import { recurs } from "../../model/shared.ts";
import { PRESENT } from "../../probe/record.ts";
import { AT, type RecordView } from "../record-view.ts";

/** By flag byte: all 256 lists, which all drops share. */
const FLAGS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_unused, bits) =>
  recurs(Object.freeze(TCP_FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0))),
);

/** gso_segs is 16 bits wide. */
const U16_MAX = 0xffff;

export function readPacket(view: RecordView, at: number, present: number): Packet {
  if ((present & PRESENT.tcp) === 0)
    return {
      flags: undefined,
      seq: undefined,
      ack: undefined,
      window: undefined,
      payloadLen: undefined,
      skbLen: view.u32(at + AT.skbLen),
      gsoSegs: segments(view.u16(at + AT.gsoSegs), view.u16(at + AT.gsoSize), undefined),
      mark: view.u32(at + AT.mark),
    };
  const payloadLen = payloadLength(view, at, present);
  return {
    flags: FLAGS[view.u8(at + AT.tcpFlags)],
    seq: view.be32(at + AT.seq),
    ack: view.be32(at + AT.ack),
    window: view.be16(at + AT.window),
    payloadLen,
    skbLen: view.u32(at + AT.skbLen),
    gsoSegs: segments(view.u16(at + AT.gsoSegs), view.u16(at + AT.gsoSize), payloadLen),
    mark: view.u32(at + AT.mark),
  };
}

/**
 * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0
 * for BIG TCP, and then the skb's own length counts. An skb without an IP header begins with the TCP header.
 */
function payloadLength(view: RecordView, base: number, present: number): number {
  const tcpHeaderLen = view.u8(base + AT.tcpHeaderLen);
  if ((present & PRESENT.ip) === 0) return Math.max(0, view.u32(base + AT.skbLen) - tcpHeaderLen);
  const total = view.u32(base + AT.ipTotalLen);
  const there = view.u32(base + AT.l3Len);
  const packet = total === 0 ? there : Math.min(there, total);
  return Math.max(0, packet - view.u16(base + AT.ipHeaderLen) - tcpHeaderLen);
}

/**
 * Who glues packets together outside the kernel (a guest, a tap, a packet socket) gives gso_size alone:
 * gso_segs is 0 until somebody trusts the headers (SKB_GSO_DODGY, include/linux/skbuff.h).
 */
function segments(gsoSegs: number, gsoSize: number, payloadLen: number | undefined): number {
  const count =
    gsoSegs === 0 && gsoSize > 0 ? Math.min(U16_MAX, Math.ceil((payloadLen ?? 0) / gsoSize)) : gsoSegs;
  return Math.max(1, count);
}
