import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";

import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN arrives at a bridge port that does not forward",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    await bridge(hosts);
    hosts.server.run("bridge", ["link", "set", "dev", "srv0", "state", "0"]);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          class: "loss",
          reason: "BRIDGE_INGRESS_STP_STATE",
          frame: ["br_handle_frame", "__netif_receive_skb_one_core"],
        },
      ],
    };
  },
};
