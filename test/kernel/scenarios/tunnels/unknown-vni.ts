import { ADDRESS } from "../../../../src/lab/hosts.ts";
import { vxlan } from "../encapsulated.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { ip } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A VXLAN packet from a wire with a VNI that no device has",
  families: BOTH,
  paths: ["veth"],
  needs: ["vxlan"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const { wrap, outer } = vxlan(4789);
    const { server, client } = ADDRESS;
    ip(
      hosts.server,
      `link add tnl0 type vxlan id 7 local ${server[family]} remote ${client[family]} dstport 4789 dev srv0`,
      "link set tnl0 up",
    );
    const packet = wrap(family, tcpPacket(family, { sport: 1000, dport }), hosts.clientMacs);
    hosts.injectFrames([ethernet(hosts.clientMacs, packet)]);
    return {
      drops: [
        {
          ...received,
          reason: "VXLAN_VNI_NOT_FOUND",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          tunnel: true,
          outer,
          sport: 1000,
          dport,
          frame: "vxlan_rcv",
        },
      ],
    };
  },
};
