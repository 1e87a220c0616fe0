/**
 * The skb's IP and TCP headers: found, walked and bounded, with or without a socket.
 *
 * Only the linear part of the skb is read. A header that is not all there, is not set yet, or is not what
 * skb->protocol says, sends the drop to `notLinear` or `notHeader`, where it is counted; nothing is guessed.
 */

import { all, any, type Builder, type Label, type Pointer } from "../../bpf/index.ts";
import { be16 } from "../../bytes/endian.ts";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from "../../sys/macros.ts";
import { ADDRESS_SOURCE, type Facts } from "./facts.ts";
import type { HeaderReader, HeaderRoom, HeaderView } from "./header-reader.ts";
import type { skBuff } from "./kernel-structs.ts";
import { enterTunnel } from "./tunnel-walk.ts";

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

export interface Exits {
  /** The header is beyond the linear part. */
  readonly notLinear: Label;
  /** The header is not set, or is none. */
  readonly notHeader: Label;
}

export class PacketWalk {
  readonly #b: Builder;
  readonly #skb: Pointer<typeof skBuff>;
  readonly #facts: Facts;
  readonly #exits: Exits;
  readonly #ip: HeaderRoom;
  readonly #extension: HeaderRoom;
  readonly #tcp: HeaderRoom;

  constructor(b: Builder, skb: Pointer<typeof skBuff>, facts: Facts, reader: HeaderReader, exits: Exits) {
    this.#b = b;
    this.#skb = skb;
    this.#facts = facts;
    this.#exits = exits;
    this.#ip = reader.room(IPV6_BYTES, "ip header");
    this.#extension = reader.room(8, "extension header");
    this.#tcp = reader.room(TCP_BYTES, "tcp header");
  }

  /** The IP header, once the segment is found. */
  get ip(): HeaderView {
    return this.#ip.view;
  }

  /** The TCP header, where it could be read. */
  get tcp(): HeaderView {
    return this.#tcp.view;
  }

  /** Finds the TCP segment, or leaves the program where the skb holds none. */
  findSegment(): void {
    const b = this.#b;
    const facts = this.#facts;
    const skb = this.#skb;
    const [found, inner, other] = [b.label("found"), b.label("inner"), b.label("other")];
    this.#ip.clear();
    facts.set("tail", skb.tail);
    this.#locate(found);
    this.#walkFrom(found, inner);
    b.bind(inner);
    this.#leaveOuter();
    b.if(
      skb.encapsulation.isZero(),
      () =>
        enterTunnel(b, facts, (at) => {
          b.leaveIf(at.add(8).gt(facts.get("tail")));
          this.#extension.fill(at, 8, other);
          return this.#extension.view;
        }),
      () => {
        facts.set("l3", skb.inner_network_header);
        b.jumpIf(facts.get("l3").isZero(), this.#exits.notHeader);
        facts.set("claimed", 0);
      },
    );
    facts.set("fragment", 0);
    facts.set("addressSource", ADDRESS_SOURCE.inner);
    this.#walkInner(found, other);
    b.bind(other);
    b.leave();
    b.bind(found);
  }

  /** Keeps what is known of the outer header, which the inner one will take the room of. */
  #leaveOuter(): void {
    const b = this.#b;
    const facts = this.#facts;
    b.if(facts.get("version").eq(4), () => {
      facts.set("nextHeader", this.ip.load(1, 9));
      facts.set("headerLen", this.ip.load(1, 0).and(0x0f).shiftLeft(2));
      facts.set("fragment", this.ip.load(2, 6).fromBigEndian(16).and(0x1fff));
    });
    facts.set("outer", facts.get("l3"));
    facts.set("outerEnd", facts.get("l3").add(facts.get("headerLen")));
    facts.set("outerProtocol", facts.get("nextHeader"));
    facts.set("outerVersion", facts.get("version"));
  }

  /** What only looked like a tunnel packet is none. */
  #walkInner(found: Label, other: Label): void {
    const b = this.#b;
    const exits: Exits = { notLinear: b.label("inner_not_linear"), notHeader: b.label("inner_not_header") };
    this.#walkFrom(found, other, exits);
    for (const exit of ["notLinear", "notHeader"] as const) {
      b.bind(exits[exit]);
      b.jumpIf(this.#skb.encapsulation.isZero(), other);
      b.jump(this.#exits[exit]);
    }
  }

  /**
   * Reads the TCP header if it is there: not in later fragments, and not beyond the linear part (then the drop
   * has no ports).
   */
  readTcpHeader(): void {
    const b = this.#b;
    const facts = this.#facts;
    const { transport_header } = this.#skb;
    const done = b.label("tcp_header_done");
    this.#tcp.clear();
    b.if(facts.get("version").isZero(), () => {
      // tcp_transmit_skb() sets transport_header when it pushes the header; ~0 is "never set":
      // readFromSocket() says whether that is TCP's.
      b.jumpIf(transport_header.eq(0xffff), done);
      facts.set("l3", transport_header);
    });
    const at = facts.get("l3").add(facts.get("headerLen"));
    b.jumpIf(facts.get("fragment").notZero(), done);
    b.jumpIf(at.add(TCP_BYTES).gt(facts.get("tail")), done);
    this.#tcp.fill(at, TCP_BYTES, this.#exits.notHeader);
    facts.set("tcpReadable", 1);
    b.bind(done);
  }

  /** Sets `l3`, or goes to `found` with version 0 for an skb of a socket that has no IP header yet. */
  #locate(found: Label): void {
    const b = this.#b;
    const facts = this.#facts;
    const skb = this.#skb;
    const known = b.label("protocol_is_ip");
    const located = b.label("located");
    const protocol = b.keep(skb.protocol, "protocol");
    facts.set("l3", skb.network_header);
    facts.set("claimed", 4);
    b.jumpIf(protocol.eq(be16(ETH_P_IP)), known);
    facts.set("claimed", 6);
    b.jumpIf(protocol.eq(be16(ETH_P_IPV6)), known);
    facts.set("claimed", 0);
    b.jumpIf(all(protocol.isZero(), facts.get("l3").isZero()), found);
    b.leaveIf(all(protocol.ne(be16(ETH_P_8021Q)), protocol.ne(be16(ETH_P_8021AD))));
    this.#locateFromData();
    // A tag that was pushed into a frame on its way out lies before network_header, and the IP header is
    // there.
    const macHeader = b.keep(skb.mac_header, "mac_header");
    b.jumpIf(macHeader.add(ETHERNET_BYTES).lt(facts.get("l3")), located);
    b.leaveIf(macHeader.add(ETHERNET_BYTES).ne(facts.get("l3")));
    this.#passTags(located);
    b.bind(known);
    this.#locateFromData();
    b.bind(located);
  }

  /**
   * A driver's frame before the stack set network_header: eth_type_trans() left skb->data behind the Ethernet
   * header.
   */
  #locateFromData(): void {
    const b = this.#b;
    const facts = this.#facts;
    const { mac_header, data, head } = this.#skb;
    b.if(facts.get("l3").isZero(), () => {
      b.jumpIf(mac_header.eq(0xffff), this.#exits.notHeader);
      facts.set("l3", data.sub(head));
    });
  }

  /**
   * Moves `l3` behind the tags of a received frame, to the IP header; leaves where they hold something else.
   */
  #passTags(located: Label): void {
    const b = this.#b;
    const facts = this.#facts;
    for (let depth = 0; depth < MAX_VLAN_TAGS; depth += 1) {
      b.jumpIf(facts.get("l3").add(8).gt(facts.get("tail")), this.#exits.notLinear);
      this.#extension.fill(facts.get("l3"), 8, this.#exits.notHeader);
      facts.add("l3", VLAN_BYTES);
      const type = b.keep(this.#extension.view.load(2, 2), "tagged type");
      b.jumpIf(any(type.eq(be16(ETH_P_IP)), type.eq(be16(ETH_P_IPV6))), located);
      b.leaveIf(all(type.ne(be16(ETH_P_8021Q)), type.ne(be16(ETH_P_8021AD))));
    }
    b.jump(this.#exits.notHeader);
  }

  /** Walks from `l3`: to `tcp` with everything set, to `other` where it is not TCP. */
  #walkFrom(tcp: Label, other: Label, exits = this.#exits): void {
    const b = this.#b;
    const facts = this.#facts;
    const v6 = b.label("v6");
    b.jumpIf(facts.get("l3").add(IPV4_BYTES).gt(facts.get("tail")), exits.notLinear);
    this.#ip.fill(facts.get("l3"), IPV4_BYTES, exits.notHeader);
    facts.set("version", this.ip.load(1, 0).shiftRight(4));
    b.jumpIf(
      all(facts.get("claimed").notZero(), facts.get("version").ne(facts.get("claimed"))),
      exits.notHeader,
    );
    b.jumpIf(facts.get("version").eq(6), v6);
    b.jumpIf(facts.get("version").ne(4), exits.notHeader);
    this.#walkV4(tcp, other, exits);
    b.bind(v6);
    this.#walkV6(tcp, other, exits);
  }

  #walkV4(tcp: Label, other: Label, exits: Exits): void {
    const b = this.#b;
    const facts = this.#facts;
    const { ip } = this;
    b.jumpIf(ip.load(1, 9).ne(IPPROTO_TCP), other);
    facts.set("headerLen", ip.load(1, 0).and(0x0f).shiftLeft(2));
    b.jumpIf(facts.get("headerLen").lt(IPV4_BYTES), exits.notHeader);
    facts.set("totalLen", ip.load(2, 2).fromBigEndian(16));
    facts.set("fragment", ip.load(2, 6).fromBigEndian(16).and(0x1fff));
    b.jump(tcp);
  }

  #walkV6(tcp: Label, other: Label, exits: Exits): void {
    const b = this.#b;
    const facts = this.#facts;
    const { ip } = this;
    b.jumpIf(facts.get("l3").add(IPV6_BYTES).gt(facts.get("tail")), exits.notLinear);
    this.#ip.fill(facts.get("l3"), IPV6_BYTES, exits.notHeader);
    facts.set("headerLen", IPV6_BYTES);
    facts.set("totalLen", ip.load(2, 4).fromBigEndian(16));
    // The length counts what follows the header; 0 is a jumbogram or BIG TCP.
    b.if(facts.get("totalLen").notZero(), () => facts.add("totalLen", IPV6_BYTES));
    facts.set("nextHeader", ip.load(1, 6));
    for (let depth = 0; depth < MAX_EXTENSION_HEADERS; depth += 1) {
      b.jumpIf(facts.get("nextHeader").eq(IPPROTO_TCP), tcp);
      // What a later fragment holds is not a header.
      b.jumpIf(facts.get("fragment").notZero(), other);
      this.#skipExtension(other, exits);
    }
    b.jumpIf(facts.get("nextHeader").eq(IPPROTO_TCP), tcp);
    b.jump(exits.notHeader);
  }

  #skipExtension(other: Label, exits: Exits): void {
    const b = this.#b;
    const facts = this.#facts;
    const { view } = this.#extension;
    const next = facts.get("nextHeader");
    const at = facts.get("l3").add(facts.get("headerLen"));
    b.jumpIf(all(...Object.values(NEXTHDR).map((kind) => next.ne(kind))), other);
    b.jumpIf(at.add(8).gt(facts.get("tail")), exits.notLinear);
    this.#extension.fill(at, 8, exits.notHeader);
    facts.add("headerLen", 8);
    b.if(
      next.eq(NEXTHDR.fragment),
      () => facts.set("fragment", view.load(2, 2).fromBigEndian(16).shiftRight(3)),
      () => {
        // Beyond the first 8 bytes, lengths count in 8 bytes, and those of authentication headers in 4.
        const isAuthentication = next.eq(NEXTHDR.authentication);
        b.if(
          isAuthentication,
          () => facts.add("headerLen", view.load(1, 1).shiftLeft(2)),
          () => facts.add("headerLen", view.load(1, 1).shiftLeft(3)),
        );
      },
    );
    facts.set("nextHeader", view.load(1, 0));
  }
}
