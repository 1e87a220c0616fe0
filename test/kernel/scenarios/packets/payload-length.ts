import { dropAtDevice, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** ETH_ZLEN, linux/if_ether.h: short frames are padded to this. */
const SHORTEST_FRAME = 60;

export const scenario: Scenario = {
  title: "Segments with and without payload, in padded frames",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    // Before ip_rcv_core() and ip6_rcv_core() remove the padding.
    dropAtDevice(hosts.server, "ingress", "srv0");
    const dport = hosts.newPort();
    const lengths = [0, 1, 2, 5, 1400];
    hosts.injectFrames(
      lengths.map((length) => {
        const frame = ethernet(
          hosts.clientMacs,
          tcpPacket(family, { sport: 1000 + length, dport, payload: new Uint8Array(length).fill(0xaa) }),
        );
        return Buffer.concat([frame, new Uint8Array(Math.max(0, SHORTEST_FRAME - frame.length)).fill(0xbb)]);
      }),
    );
    return {
      drops: lengths.map((payloadLen) => ({
        ...filteredInput,
        variant: "nft-device-ingress",
        flags: ["PSH", "ACK"],
        sport: 1000 + payloadLen,
        dport,
        also: { payloadLen, ifname: "srv0" },
      })),
    };
  },
};
