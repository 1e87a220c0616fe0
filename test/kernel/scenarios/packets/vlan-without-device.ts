import { ETH_P_8021AD, ETH_P_8021Q } from "../../../../src/sys/macros.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Tagged frames for VLANs that the host is not in: with a tag, with a provider's tag, with both",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const tagged = (sport: number, ...tags: readonly (readonly [number, number])[]): Uint8Array =>
      ethernet(
        hosts.clientMacs,
        tcpPacket(family, { sport, dport, payload: Buffer.from("abc") }),
        undefined,
        tags,
      );
    hosts.injectFrames([
      tagged(1000, [ETH_P_8021Q, 5]),
      tagged(1001, [ETH_P_8021AD, 7]),
      tagged(1002, [ETH_P_8021AD, 7], [ETH_P_8021Q, 5]),
      tagged(1003, [ETH_P_8021AD, 7], [ETH_P_8021AD, 8], [ETH_P_8021Q, 5]),
    ]);
    const dropped = {
      ...received,
      class: "normal",
      state: undefined,
      flags: ["PSH", "ACK"],
      dport,
      also: { payloadLen: 3 },
    } as const;
    return {
      drops: [
        // __netif_receive_skb_core() removes the outer tag, finds no device for it, and passes it to IP,
        // which sees PACKET_OTHERHOST.
        ...[1000, 1001].map((sport) => ({
          ...dropped,
          reason: "OTHERHOST",
          variant: "vlan-without-device",
          class: "loss" as const,
          sport,
          frame: family === 4 ? ["ip_rcv_core", "ip_rcv"] : ["ip6_rcv_core", "ipv6_rcv"],
        })),
        // After the outer tag is a frame with a tag, which no protocol takes.
        ...[1002, 1003].map((sport) => ({
          ...dropped,
          reason: "UNHANDLED_PROTO",
          class: "loss" as const,
          sport,
          frame: ["__netif_receive_skb_one_core", "__netif_receive_skb_core"],
        })),
      ],
    };
  },
};
