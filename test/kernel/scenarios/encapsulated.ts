/** Tunnel packets made by hand, as they come from a wire: nothing but their headers says that they are any. */
import type { Family } from "../../../src/lab/hosts.ts";
import type { Outer } from "../../../src/model/index.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../src/sys/macros.ts";
import { addresses, ethernet, ip, PROTOCOL, udp } from "./frames.ts";

type Mac = Parameters<typeof ethernet>[0];

export interface Encapsulation {
  readonly name: string;
  readonly outer: Pick<Outer, "protocol" | "dport" | "vni">;
  /** The whole packet, around one that begins with its IP header. */
  readonly wrap: (family: Family, inner: Uint8Array, macs: Mac) => Uint8Array;
}

/** linux/if_ether.h */
const ETH_P_TEB = 0x6558;
const VNI = 0x01_0203;
const NO_PORT = { dport: undefined, vni: undefined } as const;

const typeOf = (family: Family): number => (family === 4 ? ETH_P_IP : ETH_P_IPV6);
const be16 = (value: number): readonly number[] => [value >> 8, value & 255];
const VNI_BYTES = [1, 2, 3, 0];

function inUdp(family: Family, dport: number, header: readonly number[], inner: Uint8Array): Uint8Array {
  const ends = addresses(family);
  const payload = Buffer.concat([Uint8Array.from(header), inner]);
  return ip(family, udp(ends, 51_000, dport, payload), { protocol: PROTOCOL.udp });
}

/** RFC 7348: flags, and the VNI. */
export const vxlan = (dport: number, flags = 0x08): Encapsulation => ({
  name: `VXLAN on port ${dport}`,
  outer: { protocol: "vxlan", dport, vni: VNI },
  wrap: (family, inner, macs) => inUdp(family, dport, [flags, 0, 0, 0, ...VNI_BYTES], ethernet(macs, inner)),
});

/** RFC 8926, with options of 8 bytes. */
const geneve = (isFrame: boolean): Encapsulation => ({
  name: `Geneve with ${isFrame ? "a frame" : "a packet"}`,
  outer: { protocol: "geneve", dport: 6081, vni: VNI },
  wrap: (family, inner, macs) => {
    const type = be16(isFrame ? ETH_P_TEB : typeOf(family));
    const header = [2, 0, ...type, ...VNI_BYTES, 1, 1, 1, 1, 0, 0, 0, 0];
    return inUdp(family, 6081, header, isFrame ? ethernet(macs, inner) : inner);
  },
});

/** RFC 2784 and 2890: what the flags say stands behind the first 4 bytes. */
export const gre = (flags: number, more: number, isFrame = false): Encapsulation => ({
  name: `GRE with flags ${flags.toString(16)}`,
  outer: { protocol: "gre", ...NO_PORT },
  wrap: (family, inner, macs) => {
    const header = [...be16(flags), ...be16(isFrame ? ETH_P_TEB : typeOf(family)), ...new Uint8Array(more)];
    const payload = Buffer.concat([Uint8Array.from(header), isFrame ? ethernet(macs, inner) : inner]);
    return ip(family, payload, { protocol: PROTOCOL.gre });
  },
});

const inIp = (family: Family): Encapsulation => ({
  name: "IP in IP",
  outer: { protocol: family === 4 ? "ipip" : "ip6tnl", ...NO_PORT },
  wrap: (_family, inner) => ip(family, inner, { protocol: family === 4 ? PROTOCOL.ipip : PROTOCOL.ipv6 }),
});

/** All that are looked into. */
export function encapsulations(family: Family): readonly Encapsulation[] {
  return [
    vxlan(4789),
    vxlan(8472),
    geneve(true),
    geneve(false),
    gre(0, 0),
    gre(0xb000, 12),
    gre(0, 0, true),
    inIp(family),
  ];
}
