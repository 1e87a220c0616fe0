/**
 * The skb's IP and TCP headers: found, walked and bounded, with or without a socket.
 *
 * Only the linear part of the skb is read. A header that is not all there, is not set yet, or is not what
 * skb->protocol says, sends the drop to `notLinear` or `notHeader`, where it is counted; nothing is guessed.
 */

import {
  all,
  any,
  type Builder,
  type Label,
  type Pointer,
  Scalar,
  type Size,
  type StackBuffer,
  type StructMemory,
} from "../../bpf/index.ts";
import { be16 } from "../../bytes/endian.ts";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../sys/macros.ts";
import type { skBuff } from "./kernel-structs.ts";
import { ADDRESS_SOURCE, type walk } from "./record.ts";

/** linux/in.h */
export const IPPROTO_TCP = 6;
/** IPv6 extension headers, RFC 8200 and 4302; ESP hides what follows, so it ends the walk. */
const NEXTHDR = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 } as const;
/** Tags that are passed over in a frame; as many as IEEE 802.1ad has. */
const MAX_VLAN_TAGS = 2;
const ETHERNET_BYTES = 14;
const VLAN_BYTES = 4;
/** Extension headers that are walked; more are legal, and then the drop counts as `notHeader`. */
const MAX_EXTENSION_HEADERS = 6;

export const IPV4_BYTES = 20;
export const IPV6_BYTES = 40;
export const TCP_BYTES = 20;

/** A header that has been bounded: its bytes can be loaded. */
export interface HeaderView {
  load(size: Size, at: number): Scalar;
}

export interface Exits {
  /** The header is beyond the linear part. */
  readonly notLinear: Label;
  /** The header is not set, or is none. */
  readonly notHeader: Label;
}

export type WalkMemory = StructMemory<(typeof walk)["fields"]>;

/** What is known of the packet, and its IP header. */
export interface IpPacket {
  readonly walk: WalkMemory;
  readonly ip: HeaderView;
}

/** The TCP header, if it could be read: `walk.tcpReadable` is not 0. */
export interface Ports {
  readonly readable: Scalar;
  readonly tcp: HeaderView;
}

/**
 * Two ways of reading packet bytes: loads through skb->head where the verifier allows them, else
 * bpf_probe_read_kernel.
 */
export type HeaderAccess = "direct" | "probe";

export class HeaderReader {
  readonly #b: Builder;
  readonly #access: HeaderAccess;
  readonly #skb: Pointer<typeof skBuff>;

  constructor(b: Builder, skb: Pointer<typeof skBuff>, access: HeaderAccess) {
    this.#b = b;
    this.#skb = skb;
    this.#access = access;
  }

  /**
   * A place that holds one header at a time, of at most `size` bytes. `clear` lets it be read where nothing
   * filled it.
   */
  place(
    size: number,
    name: string,
  ): { view: HeaderView; fill: (offset: Scalar, size: number, failed: Label) => void; clear: () => void } {
    const b = this.#b;
    if (this.#access === "direct") {
      const at = b.variable(`${name} address`);
      const view = {
        load: (bytes: Size, offset: number) =>
          new Scalar({ kind: "load", base: at.expression, offset, size: bytes, comment: name }, 8 * bytes),
      };
      return {
        view,
        fill: (offset) => b.set(at, this.#skb.head.add(offset)),
        clear: () => b.set(at, this.#skb.head),
      };
    }
    const buffer: StackBuffer = b.buffer(size);
    return {
      view: buffer,
      fill: (offset, bytes, failed) =>
        b.jumpIf(b.probeReadKernel(buffer, bytes, this.#skb.head.add(offset), name).notZero(), failed),
      clear: () => {
        for (let at = 0; at < size; at += 8) b.store(8, buffer.address, at, 0, `${name} = 0`);
      },
    };
  }
}

/** Finds the TCP segment, or leaves the program where the skb holds none. */
export function findSegment(
  b: Builder,
  skb: Pointer<typeof skBuff>,
  reader: HeaderReader,
  memory: WalkMemory,
  exits: Exits,
): IpPacket {
  const place = reader.place(IPV6_BYTES, "ip header");
  const extension = reader.place(8, "extension header");
  const packet: IpPacket = { walk: memory, ip: place.view };
  const found = b.label("found");
  const inner = b.label("inner");
  const headerWalk = new HeaderWalk(b, packet, place, extension, exits);

  place.clear();
  memory.set("tail", skb.tail);
  memory.set("fragment", 0);
  memory.set("headerLen", 0);
  memory.set("totalLen", 0);
  memory.set("addressSource", ADDRESS_SOURCE.packet);
  locate(b, skb, packet, extension, found, exits);
  headerWalk.emit(found, inner);
  b.place(inner);
  b.leaveIf(skb.encapsulation.isZero());
  memory.set("l3", skb.inner_network_header);
  b.jumpIf(memory.get("l3").isZero(), exits.notHeader);
  memory.set("fragment", 0);
  memory.set("claimed", 0);
  memory.set("addressSource", ADDRESS_SOURCE.inner);
  const other = b.label("other");
  headerWalk.emit(found, other);
  b.place(other);
  b.leave();
  b.place(found);
  return packet;
}

/** Sets `l3`, or goes to `found` with version 0 for an skb of a socket that has no IP header yet. */
function locate(
  b: Builder,
  skb: Pointer<typeof skBuff>,
  { walk: memory }: IpPacket,
  extension: Place,
  found: Label,
  exits: Exits,
): void {
  const known = b.label("protocol_is_ip");
  const located = b.label("located");
  const protocol = b.keep(skb.protocol, "protocol");
  memory.set("l3", skb.network_header);
  memory.set("claimed", 4);
  b.jumpIf(protocol.eq(be16(ETH_P_IP)), known);
  memory.set("claimed", 6);
  b.jumpIf(protocol.eq(be16(ETH_P_IPV6)), known);
  memory.set("claimed", 0);
  b.if(all(protocol.isZero(), memory.get("l3").isZero()), () => {
    memory.set("version", 0);
    b.jump(found);
  });
  b.leaveIf(all(protocol.ne(be16(ETH_P_8021Q)), protocol.ne(be16(ETH_P_8021AD))));
  locateFromData(b, skb, memory, exits);
  // A tag that was pushed into a frame on its way out lies before network_header, and the IP header is there.
  const macHeader = b.keep(skb.mac_header, "mac_header");
  b.jumpIf(macHeader.add(ETHERNET_BYTES).lt(memory.get("l3")), located);
  b.leaveIf(macHeader.add(ETHERNET_BYTES).ne(memory.get("l3")));
  passTags(b, memory, extension, located, exits);
  b.place(known);
  locateFromData(b, skb, memory, exits);
  b.place(located);
}

/**
 * A driver's frame before the stack set network_header: eth_type_trans() left skb->data behind the Ethernet
 * header.
 */
function locateFromData(b: Builder, skb: Pointer<typeof skBuff>, memory: WalkMemory, exits: Exits): void {
  b.if(memory.get("l3").isZero(), () => {
    b.jumpIf(skb.mac_header.eq(0xffff), exits.notHeader);
    memory.set("l3", skb.data.sub(skb.head));
  });
}

/**
 * Moves `l3` behind the tags of a received frame, to the IP header; leaves where they hold something else.
 */
function passTags(b: Builder, memory: WalkMemory, { view, fill }: Place, located: Label, exits: Exits): void {
  for (let depth = 0; depth < MAX_VLAN_TAGS; depth += 1) {
    b.jumpIf(memory.get("l3").add(8).gt(memory.get("tail")), exits.notLinear);
    fill(memory.get("l3"), 8, exits.notHeader);
    memory.add("l3", VLAN_BYTES);
    const type = b.keep(view.load(2, 2), "tagged type");
    b.jumpIf(any(type.eq(be16(ETH_P_IP)), type.eq(be16(ETH_P_IPV6))), located);
    b.leaveIf(all(type.ne(be16(ETH_P_8021Q)), type.ne(be16(ETH_P_8021AD))));
  }
  b.jump(exits.notHeader);
}

type Place = ReturnType<HeaderReader["place"]>;

class HeaderWalk {
  readonly #b: Builder;
  readonly #memory: WalkMemory;
  readonly #place: Place;
  readonly #extension: Place;
  readonly #exits: Exits;

  constructor(b: Builder, packet: IpPacket, place: Place, extension: Place, exits: Exits) {
    this.#b = b;
    this.#memory = packet.walk;
    this.#place = place;
    this.#extension = extension;
    this.#exits = exits;
  }

  /** Walks from `l3`: to `tcp` with everything set, to `other` where it is not TCP. */
  emit(tcp: Label, other: Label): void {
    const b = this.#b;
    const memory = this.#memory;
    const v6 = b.label("v6");
    b.jumpIf(memory.get("l3").add(IPV4_BYTES).gt(memory.get("tail")), this.#exits.notLinear);
    this.#place.fill(memory.get("l3"), IPV4_BYTES, this.#exits.notHeader);
    memory.set("version", this.#place.view.load(1, 0).shiftRight(4));
    b.jumpIf(
      all(memory.get("claimed").notZero(), memory.get("version").ne(memory.get("claimed"))),
      this.#exits.notHeader,
    );
    b.jumpIf(memory.get("version").eq(6), v6);
    b.jumpIf(memory.get("version").ne(4), this.#exits.notHeader);
    this.#v4(tcp, other);
    b.place(v6);
    this.#v6(tcp, other);
  }

  #v4(tcp: Label, other: Label): void {
    const b = this.#b;
    const memory = this.#memory;
    const ip = this.#place.view;
    b.jumpIf(ip.load(1, 9).ne(IPPROTO_TCP), other);
    memory.set("headerLen", ip.load(1, 0).and(0x0f).shiftLeft(2));
    b.jumpIf(memory.get("headerLen").lt(IPV4_BYTES), this.#exits.notHeader);
    memory.set("totalLen", ip.load(2, 2).fromBigEndian(16));
    memory.set("fragment", ip.load(2, 6).fromBigEndian(16).and(0x1fff));
    b.jump(tcp);
  }

  #v6(tcp: Label, other: Label): void {
    const b = this.#b;
    const memory = this.#memory;
    const ip = this.#place.view;
    b.jumpIf(memory.get("l3").add(IPV6_BYTES).gt(memory.get("tail")), this.#exits.notLinear);
    this.#place.fill(memory.get("l3"), IPV6_BYTES, this.#exits.notHeader);
    memory.set("headerLen", IPV6_BYTES);
    memory.set("totalLen", ip.load(2, 4).fromBigEndian(16));
    // The length counts what follows the header; 0 is a jumbogram or BIG TCP.
    b.if(memory.get("totalLen").notZero(), () => memory.add("totalLen", IPV6_BYTES));
    memory.set("nextHeader", ip.load(1, 6));
    for (let depth = 0; depth < MAX_EXTENSION_HEADERS; depth += 1) {
      b.jumpIf(memory.get("nextHeader").eq(IPPROTO_TCP), tcp);
      // What a later fragment holds is not a header.
      b.jumpIf(memory.get("fragment").notZero(), other);
      this.#skipExtension(other);
    }
    b.jumpIf(memory.get("nextHeader").eq(IPPROTO_TCP), tcp);
    b.jump(this.#exits.notHeader);
  }

  #skipExtension(other: Label): void {
    const b = this.#b;
    const memory = this.#memory;
    const { view } = this.#extension;
    const next = memory.get("nextHeader");
    const at = memory.get("l3").add(memory.get("headerLen"));
    b.jumpIf(all(...Object.values(NEXTHDR).map((kind) => next.ne(kind))), other);
    b.jumpIf(at.add(8).gt(memory.get("tail")), this.#exits.notLinear);
    this.#extension.fill(at, 8, this.#exits.notHeader);
    memory.add("headerLen", 8);
    b.if(
      next.eq(NEXTHDR.fragment),
      () => memory.set("fragment", view.load(2, 2).fromBigEndian(16).shiftRight(3)),
      () => {
        // Beyond the first 8 bytes, lengths count in 8 bytes, and those of authentication headers in 4.
        const isAuthentication = next.eq(NEXTHDR.authentication);
        b.if(
          isAuthentication,
          () => memory.add("headerLen", view.load(1, 1).shiftLeft(2)),
          () => memory.add("headerLen", view.load(1, 1).shiftLeft(3)),
        );
      },
    );
    memory.set("nextHeader", view.load(1, 0));
  }
}

/**
 * Reads the TCP header if it is there: not in later fragments, and not beyond the linear part (then the drop
 * has no ports).
 */
export function readTcpHeader(
  b: Builder,
  skb: Pointer<typeof skBuff>,
  reader: HeaderReader,
  { walk: memory }: IpPacket,
  exits: Exits,
): Ports {
  const place = reader.place(TCP_BYTES, "tcp header");
  const done = b.label("tcp_header_done");
  place.clear();
  memory.set("tcpReadable", 0);
  b.if(memory.get("version").isZero(), () => {
    // tcp_transmit_skb() sets transport_header when it pushes the header; ~0 is "never set": readFromSocket()
    // says whether that is TCP's.
    b.jumpIf(skb.transport_header.eq(0xffff), done);
    memory.set("l3", skb.transport_header);
  });
  const at = memory.get("l3").add(memory.get("headerLen"));
  b.jumpIf(memory.get("fragment").notZero(), done);
  b.jumpIf(at.add(TCP_BYTES).gt(memory.get("tail")), done);
  place.fill(at, TCP_BYTES, exits.notHeader);
  memory.set("tcpReadable", 1);
  b.place(done);
  return { readable: memory.get("tcpReadable"), tcp: place.view };
}
