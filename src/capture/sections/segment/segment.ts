/** What the TCP header says, and how long the packet is. */
import type { Builder, KernelTypes, Pointer } from "../../../bpf/index.ts";
import { struct, u8, u16, u32 } from "../../../bytes/struct.ts";
import { loaded } from "../../core/context.ts";
import { ADDRESS_SOURCE, type Facts } from "../../core/facts.ts";
import type { HeaderAccess, HeaderView } from "../../core/header-reader.ts";
import { type skBuff, skbSharedInfo } from "../../core/kernel-structs.ts";
import type { Part, Section } from "../../core/section.ts";

export interface SegmentEvent {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  readonly access: HeaderAccess;
  readonly skb: Pointer<typeof skBuff>;
  readonly facts: Facts;
  readonly tcp: HeaderView;
}

export const segmentLayout = struct("segment", 36, {
  /** In network order, as they lie in the packet. */
  seq: u32(0),
  ack: u32(4),
  window: u16(8),
  tcpFlags: u8(10),
  /** Bytes, as the header says; any multiple of 4 up to 60, 0 too. */
  tcpHeaderLen: u8(11),
  /** Bytes, extension headers included; 0 where there is no IP header yet. */
  ipHeaderLen: u16(12),
  gsoSegs: u16(14),
  gsoSize: u16(16),
  /** Not 0: the TCP header could be read. Without it the fields before `ipHeaderLen` mean nothing. */
  hasTcp: u8(18),
  /** From the IP header on, as the header says it; 0 where it says 0 (BIG TCP). */
  ipTotalLen: u32(20),
  /** Bytes of the skb from the IP header on: what is left for headers and payload. */
  l3Len: u32(24),
  skbLen: u32(28),
  mark: u32(32),
});
type Fields = (typeof segmentLayout)["fields"];

export const segment: Section<SegmentEvent, Fields> = {
  name: "segment",
  layout: segmentLayout,
  write: (event, { memory }) => {
    const { b, skb, facts, tcp } = event;
    memory.set("hasTcp", facts.get("tcpReadable"));
    b.if(facts.get("tcpReadable").notZero(), () => {
      memory.set("seq", tcp.load(4, 4));
      memory.set("ack", tcp.load(4, 8));
      memory.set("window", tcp.load(2, 14));
      memory.set("tcpFlags", tcp.load(1, 13));
      memory.set("tcpHeaderLen", tcp.load(1, 12).shiftRight(4).shiftLeft(2));
    });
    memory.set("ipHeaderLen", 0);
    b.if(facts.get("addressSource").ne(ADDRESS_SOURCE.socket), () => {
      memory.set("ipHeaderLen", facts.get("headerLen"));
      memory.set("ipTotalLen", facts.get("totalLen"));
      // skb->len counts from skb->data, which may be before or behind the IP header by now.
      memory.set("l3Len", skb.len.add(skb.data.sub(skb.head)).sub(facts.get("l3")));
    });
    memory.set("skbLen", skb.len);
    memory.set("mark", skb.mark);
    writeGso(event, memory);
  },
};

/** gso_segs and gso_size stand in skb_shared_info, behind the linear part. */
function writeGso({ b, kernel, skb, access }: SegmentEvent, memory: Part<Fields>["memory"]): void {
  const shared = b.keep(skb.head.add(skb.end), "skb_shared_info");
  const { gso_segs, gso_size } = kernel.point(skbSharedInfo, shared.expression, access);
  memory.set("gsoSegs", loaded(b, gso_segs, "gso_segs"));
  memory.set("gsoSize", loaded(b, gso_size, "gso_size"));
}
