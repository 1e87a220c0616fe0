import { frame } from "../../../../src/lab/packet.ts";
import { IP_RCV_FINISH } from "../martian.ts";
import { syn, synDrop } from "../one-shot.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

const BROADCAST_MAC = new Uint8Array(6).fill(0xff);

export const scenario: Scenario = {
  title: "A unicast SYN in a broadcast frame, which the device rejects (drop_unicast_in_l2_multicast)",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.setSysctl(hosts.server, `ipv${family}/conf/srv0/drop_unicast_in_l2_multicast`, "1");
    hosts.injectFrames([frame(syn(family, dport), [BROADCAST_MAC, hosts.clientMacs[1]])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "UNICAST_IN_L2_MULTICAST",
          class: "loss",
          frame: family === 4 ? IP_RCV_FINISH : ["ip6_rcv_core", "ip6_rcv_core.isra.0"],
        },
      ],
      counters: family === 4 ? [] : [{ host: "server", counter: "Ip6InHdrErrors", by: 1 }],
    };
  },
};
