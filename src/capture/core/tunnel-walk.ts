/**
 * Looks into what may be a tunnel packet of which this machine knows nothing yet: it came from a wire, and
 * skb->encapsulation is 0. Only where the outer header says so: a protocol that carries IP, or the UDP port of
 * VXLAN or Geneve. What does not continue as such a packet does leaves as what it is: no TCP.
 */
import { all, type Builder, type Label, type Scalar } from "../../bpf/index.ts";
import { be16 } from "../../bytes/endian.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../../sys/macros.ts";
import type { Facts } from "./facts.ts";
import type { HeaderView } from "./header-reader.ts";

/** linux/in.h: IPv4 and IPv6 in IP, UDP, GRE. */
export const CARRIER = { ipip: 4, udp: 17, ipv6: 41, gre: 47 } as const;
/** RFC 7348, and Linux' own before it, which many still use: vxlan_link_create(), iproute2. RFC 8926. */
export const VXLAN_PORTS = [4789, 8472] as const;
export const GENEVE_PORT = 6081;

/** linux/if_ether.h: an Ethernet frame behind Geneve or GRE. */
const ETH_P_TEB = 0x6558;
const ETHERNET_BYTES = 14;
const UDP_BYTES = 8;
/** RFC 7348: this bit of the first byte says that there is a VNI; RFC 8926: version, and bytes of options / 4. */
const [VXLAN_BYTES, VXLAN_HAS_VNI] = [8, 0x08];
const [GENEVE_BYTES, GENEVE_VERSION, GENEVE_OPTIONS] = [8, 0xc0, 0x3f];
/** RFC 2784 and 2890, as a number of 16 bits: what follows the first 4 bytes, and what Linux does not take. */
const GRE = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, version: 0x0007 } as const;

/** Moves `l3` to the inner IP header and sets `claimed`, or leaves. `read` bounds and gives 8 bytes, or leaves. */
export function enterTunnel(b: Builder, facts: Facts, read: (at: Scalar) => HeaderView): void {
  const [frame, packet, end] = [b.label("inner_frame"), b.label("inner_packet"), b.label("tunnel_entered")];
  const carrier = facts.get("nextHeader");
  b.leaveIf(all(...Object.values(CARRIER).map((one) => carrier.ne(one))));
  b.leaveIf(facts.get("fragment").notZero());
  facts.add("l3", facts.get("headerLen"));
  const [udp, gre] = [b.label("in_udp"), b.label("in_gre")];
  b.jumpIf(carrier.eq(CARRIER.udp), udp);
  b.jumpIf(carrier.eq(CARRIER.gre), gre);
  facts.set("claimed", 6);
  b.jumpIf(carrier.eq(CARRIER.ipv6), end);
  facts.set("claimed", 4);
  b.jump(end);
  b.bind(gre);
  passGre(b, facts, read(facts.get("l3")));
  b.jump(packet);
  b.bind(udp);
  passUdp(b, facts, read, frame);
  // `nextHeader` is what the tunnel's header calls the protocol inside.
  b.bind(packet);
  b.jumpIf(facts.get("nextHeader").eq(be16(ETH_P_TEB)), frame);
  claim(b, facts, facts.get("nextHeader"));
  b.jump(end);
  b.bind(frame);
  facts.set("nextHeader", read(facts.get("l3").add(ETHERNET_BYTES - 8)).load(2, 6));
  facts.add("l3", ETHERNET_BYTES);
  claim(b, facts, facts.get("nextHeader"));
  b.bind(end);
}

function claim(b: Builder, facts: Facts, protocol: Scalar): void {
  b.leaveIf(all(protocol.ne(be16(ETH_P_IP)), protocol.ne(be16(ETH_P_IPV6))));
  b.if(
    protocol.eq(be16(ETH_P_IP)),
    () => facts.set("claimed", 4),
    () => facts.set("claimed", 6),
  );
}

function passGre(b: Builder, facts: Facts, header: HeaderView): void {
  facts.set("claimed", header.load(2, 0).fromBigEndian(16));
  facts.set("nextHeader", header.load(2, 2));
  const flags = facts.get("claimed");
  b.leaveIf(flags.and(GRE.routing + GRE.version).notZero());
  facts.add("l3", 4);
  for (const flag of ["checksum", "key", "sequence"] as const)
    b.if(flags.and(GRE[flag]).notZero(), () => facts.add("l3", 4));
}

/** Goes to `frame` behind VXLAN; behind Geneve `nextHeader` says what comes. */
function passUdp(b: Builder, facts: Facts, read: (at: Scalar) => HeaderView, frame: Label): void {
  const geneve = b.label("in_geneve");
  facts.set("nextHeader", read(facts.get("l3")).load(2, 2));
  const port = facts.get("nextHeader");
  facts.add("l3", UDP_BYTES);
  b.jumpIf(port.eq(be16(GENEVE_PORT)), geneve);
  b.leaveIf(all(...VXLAN_PORTS.map((one) => port.ne(be16(one)))));
  b.leaveIf(read(facts.get("l3")).load(1, 0).and(VXLAN_HAS_VNI).isZero());
  facts.add("l3", VXLAN_BYTES);
  b.jump(frame);
  b.bind(geneve);
  const header = read(facts.get("l3"));
  b.leaveIf(header.load(1, 0).and(GENEVE_VERSION).notZero());
  facts.set("nextHeader", header.load(2, 2));
  facts.add("l3", header.load(1, 0).and(GENEVE_OPTIONS).shiftLeft(2).add(GENEVE_BYTES));
}
