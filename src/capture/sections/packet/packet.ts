/**
 * Bytes of the packet, from the IP header on: its headers, or as much as is asked for of what lies in the
 * linear part of the skb. The rest of it lies in pages that such a program cannot read.
 *
 * A packet that has no IP header yet has none of them.
 */
import { all, type Builder, type Pointer, type Scalar } from "../../../bpf/index.ts";
import { struct, u16, u32 } from "../../../bytes/struct.ts";
import { BuildError } from "../../../errors.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { ADDRESS_SOURCE, type Facts } from "../../core/facts.ts";
import type { HeaderView } from "../../core/header-reader.ts";
import type { skBuff } from "../../core/kernel-structs.ts";
import { maskFor } from "../../core/record-layout.ts";
import type { Part, Section } from "../../core/section.ts";

/** IPv6 with the extension headers that are walked, and TCP with all its options: less than this. */
const MOST_HEADER_BYTES = 255;
/** As much as a program may copy for each packet: more than an Ethernet frame holds. */
export const MAX_SNAPLEN = 2047;

export interface PacketEvent {
  readonly b: Builder;
  readonly skb: Pointer<typeof skBuff>;
  readonly facts: Facts;
  readonly tcp: HeaderView;
}

const packetLayout = struct("packet", 8, {
  /** Bytes that the packet has, from its IP header on. */
  length: u32(0),
  /** Bytes of it in the tail. */
  captured: u16(4),
});
type Fields = (typeof packetLayout)["fields"];

/** What readers know it by. */
export const PACKET: Pick<Section<never, Fields>, "name" | "layout"> = {
  name: "packet",
  layout: packetLayout,
};

/** `snaplen`: bytes at most; "headers" for IP and TCP headers alone. */
export function packetSection(snaplen: number | "headers"): Section<PacketEvent, Fields> {
  const most = snaplen === "headers" ? MOST_HEADER_BYTES : snaplen;
  if (!Number.isInteger(most) || most < 1 || most > MAX_SNAPLEN)
    throw new BuildError(`A program copies 1 to ${MAX_SNAPLEN} bytes of a packet, and not ${most}`);
  return {
    ...PACKET,
    tail: { mostBytes: most, lengthField: "captured" },
    optional: true,
    write: (event, part) =>
      event.b.if(event.facts.get("addressSource").ne(ADDRESS_SOURCE.socket), () =>
        writePacket(event, part, snaplen, most),
      ),
  };
}

function writePacket(
  { b, skb, facts, tcp }: PacketEvent,
  { memory, tail, markPresent, endTail }: Part<Fields>,
  snaplen: number | "headers",
  most: number,
): void {
  markPresent();
  const { totalLen, l3 } = { totalLen: facts.get("totalLen"), l3: facts.get("l3") };
  memory.set("length", skb.len.add(skb.data.sub(skb.head)).sub(l3));
  // What lies behind the packet in a short frame is padding.
  b.if(all(totalLen.notZero(), totalLen.lt(memory.get("length"))), () => memory.set("length", totalLen));
  const wanted = b.variable("bytes of the packet");
  const atMost = (bytes: Scalar | number): void => b.if(wanted.gt(bytes), () => b.set(wanted, bytes));
  b.set(wanted, facts.get("tail").sub(l3));
  atMost(memory.get("length"));
  if (snaplen === "headers")
    b.if(
      facts.get("tcpReadable").notZero(),
      () => atMost(tcp.load(1, 12).shiftRight(4).shiftLeft(2).add(facts.get("headerLen"))),
      () => atMost(facts.get("headerLen")),
    );
  atMost(most);
  memory.set("captured", 0);
  // The mask changes nothing; old verifiers forget the comparison and believe it.
  const size = wanted.and(maskFor(most));
  const failed = b.call(
    uapi.BPF_FUNC_probe_read_kernel,
    [tail, size, skb.head.add(l3)],
    "probe_read_kernel packet",
  );
  b.if(failed.isZero(), () => {
    memory.set("captured", wanted);
    endTail(wanted);
  });
}
