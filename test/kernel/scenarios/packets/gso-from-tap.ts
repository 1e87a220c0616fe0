import { dropInput, filteredInput } from "../drop-everything.ts";
import { tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { TAP_DEVICE, tapOf } from "../tap.ts";

export const scenario: Scenario = {
  title: "A guest's segments in one skb that the kernel has not counted (SKB_GSO_DODGY): counted by size",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun"],
  run: ({ hosts, family }) => {
    dropInput(hosts);
    const dport = hosts.newPort();
    const receive = tapOf(hosts);
    const sizes = [
      { payloadLen: 7001, segments: 8 },
      { payloadLen: 2000, segments: 2 },
      // linux/virtio_net.h allows it for data that fits one segment.
      { payloadLen: 500, segments: 1 },
    ];
    for (const { payloadLen } of sizes)
      receive(tcpPacket(family, { sport: payloadLen, dport, payload: new Uint8Array(payloadLen) }), {
        gsoSize: 1000,
      });
    return {
      drops: sizes.map(({ payloadLen, segments }) => ({
        ...filteredInput,
        flags: ["PSH", "ACK"],
        sport: payloadLen,
        dport,
        segments,
        also: { payloadLen, ifname: TAP_DEVICE },
      })),
    };
  },
};
