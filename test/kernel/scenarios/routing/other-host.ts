import { STRANGER_MAC } from "../../../../src/lab/hosts.ts";
import { frame } from "../../../../src/lab/packet.ts";
import { syn, synDrop } from "../one-shot.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN arrives in a frame for another host's MAC address",
  families: BOTH,
  paths: ["veth", "forwarded"],
  run: ({ hosts, family, transit }) => {
    const dport = hosts.newPort();
    hosts.injectFrames([frame(syn(family, dport), [STRANGER_MAC, hosts.clientMacs[1]])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "OTHERHOST",
          class: "normal",
          frame:
            family === 4 ? ["ip_rcv_core", "ip_rcv_core.isra.0"] : ["ip6_rcv_core", "ip6_rcv_core.isra.0"],
        },
      ],
    };
  },
};
