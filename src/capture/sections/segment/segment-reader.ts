/** What a record says of the packet alone: it differs from one to the next, and is not shared. */
import { type Packet, TCP_FLAGS, type TcpFlag } from "../../../model/index.ts";
import { recurs } from "../../../model/shared.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { segment, type segmentLayout } from "./segment.ts";

/** By flag byte: all 256 lists, which all drops share. */
const FLAGS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_unused, bits) =>
  recurs(Object.freeze(TCP_FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0))),
);

/** Of flagBits(): there was no TCP header. */
const NO_FLAGS = 256;

/** gso_segs is 16 bits wide. */
const U16_MAX = 0xffff;

export class SegmentReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof segmentLayout)["fields"]>;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, segment);
  }

  read(base: number): Packet {
    const view = this.#view;
    const at = this.#at;
    if (view.u8(base + at.hasTcp) === 0)
      return {
        flags: undefined,
        seq: undefined,
        ack: undefined,
        window: undefined,
        payloadLen: undefined,
        skbLen: view.u32(base + at.skbLen),
        gsoSegs: this.#segments(base, undefined),
        mark: view.u32(base + at.mark),
      };
    const payloadLen = this.#payloadLength(base, view.u8(base + at.tcpHeaderLen));
    return {
      flags: FLAGS[view.u8(base + at.tcpFlags)],
      seq: view.be32(base + at.seq),
      ack: view.be32(base + at.ack),
      window: view.be16(base + at.window),
      payloadLen,
      skbLen: view.u32(base + at.skbLen),
      gsoSegs: this.#segments(base, payloadLen),
      mark: view.u32(base + at.mark),
    };
  }

  /** The flags as a number: the same where the lists are. */
  flagBits(base: number): number {
    const view = this.#view;
    return view.u8(base + this.#at.hasTcp) === 0 ? NO_FLAGS : view.u8(base + this.#at.tcpFlags);
  }

  /**
   * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0
   * for BIG TCP, and then the skb's own length counts. An skb without an IP header begins with the TCP header.
   */
  #payloadLength(base: number, tcpHeaderLen: number): number {
    const view = this.#view;
    const at = this.#at;
    const ipHeaderLen = view.u16(base + at.ipHeaderLen);
    if (ipHeaderLen === 0) return Math.max(0, view.u32(base + at.skbLen) - tcpHeaderLen);
    const total = view.u32(base + at.ipTotalLen);
    const there = view.u32(base + at.l3Len);
    const packet = total === 0 ? there : Math.min(there, total);
    return Math.max(0, packet - ipHeaderLen - tcpHeaderLen);
  }

  /**
   * Who glues packets together outside the kernel (a guest, a tap, a packet socket) gives gso_size alone:
   * gso_segs is 0 until somebody trusts the headers (SKB_GSO_DODGY, include/linux/skbuff.h).
   */
  #segments(base: number, payloadLen: number | undefined): number {
    const view = this.#view;
    const segments = view.u16(base + this.#at.gsoSegs);
    const size = view.u16(base + this.#at.gsoSize);
    const count =
      segments === 0 && size > 0 ? Math.min(U16_MAX, Math.ceil((payloadLen ?? 0) / size)) : segments;
    return Math.max(1, count);
  }
}
