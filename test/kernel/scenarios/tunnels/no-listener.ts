import { vxlan } from "../encapsulated.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A VXLAN packet from a wire for a host without a VXLAN device",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const { wrap, outer } = vxlan(4789);
    const packet = wrap(family, tcpPacket(family, { sport: 1000, dport }), hosts.clientMacs);
    hosts.injectFrames([ethernet(hosts.clientMacs, packet)]);
    return {
      drops: [
        {
          ...received,
          reason: "NO_SOCKET",
          variant: "tunnel-without-socket",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          tunnel: true,
          outer,
          sport: 1000,
          dport,
          frame: family === 4 ? ["__udp4_lib_rcv", "udp_rcv"] : ["__udp6_lib_rcv", "udpv6_rcv"],
        },
      ],
    };
  },
};
