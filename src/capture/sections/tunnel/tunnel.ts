/** The outer header of a segment inside a tunnel packet: in a tail, for most drops have none. */
import { type Builder, type Pointer, Scalar } from "../../../bpf/index.ts";
import { bytes, struct, u8, u16, u32 } from "../../../bytes/struct.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { ADDRESS_SOURCE, type Facts } from "../../core/facts.ts";
import type { skBuff } from "../../core/kernel-structs.ts";
import type { Section } from "../../core/section.ts";
import { CARRIER } from "../../core/tunnel-walk.ts";

export interface TunnelEvent {
  readonly b: Builder;
  readonly facts: Facts;
  readonly skb: Pointer<typeof skBuff>;
}

const tunnelLayout = struct("tunnel", 2, {
  /** Bytes of the tail: an outerHeader, or nothing. */
  tunnelBytes: u16(0),
});

/** All but the last two fields in network order, as they lie in the packet. */
export const outerHeader = struct("outer_header", 48, {
  /** IPv4 addresses are in the first 4 bytes. */
  saddr: bytes(0, 16),
  daddr: bytes(16, 16),
  /** Of UDP; else 0. */
  sport: u16(32),
  dport: u16(34),
  /** What VXLAN and Geneve have their VNI in, with a byte behind it. */
  vni: u32(36),
  /** One of CARRIER, or another. */
  protocol: u8(40),
  version: u8(41),
});

const V4 = { source: 12, destination: 16, bytes: 4 } as const;
const V6 = { source: 8, destination: 24, bytes: 16 } as const;
/** UDP's header, and the first 8 bytes behind it. */
const UDP_AND_MORE = 16;
const VNI_AT = 12;

export const tunnel: Section<TunnelEvent, (typeof tunnelLayout)["fields"]> = {
  name: "tunnel",
  layout: tunnelLayout,
  tail: { mostBytes: outerHeader.size, lengthField: "tunnelBytes" },
  write: ({ b, facts, skb }, { memory, tail, endTail }) => {
    memory.set("tunnelBytes", 0);
    b.if(facts.get("addressSource").eq(ADDRESS_SOURCE.inner), () => {
      for (let word = 0; word < outerHeader.size; word += 8) b.store(8, tail, word, 0, "tunnel =");
      const { saddr, daddr, sport, vni, protocol, version } = outerHeader.fields;
      const copy = (to: number, sizeBytes: number, from: Scalar): void => {
        b.call(
          uapi.BPF_FUNC_probe_read_kernel,
          [tail.add(to), sizeBytes, skb.head.add(from)],
          "outer header",
        );
      };
      const addresses = ({ source, destination, bytes: size }: typeof V4 | typeof V6): void => {
        copy(saddr.offset, size, facts.get("outer").add(source));
        copy(daddr.offset, size, facts.get("outer").add(destination));
      };
      b.if(
        facts.get("outerVersion").eq(4),
        () => addresses(V4),
        () => addresses(V6),
      );
      b.store(1, tail, protocol.offset, facts.get("outerProtocol"), "tunnel.protocol =");
      b.store(1, tail, version.offset, facts.get("outerVersion"), "tunnel.version =");
      const end = facts.get("outerEnd");
      b.if(facts.get("outerProtocol").eq(CARRIER.udp), () =>
        b.if(end.add(UDP_AND_MORE).le(facts.get("tail")), () => {
          copy(sport.offset, 4, end);
          copy(vni.offset, 4, end.add(VNI_AT));
        }),
      );
      memory.set("tunnelBytes", outerHeader.size);
      endTail(Scalar.constant(outerHeader.size));
    });
  },
};
