import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft on a bridge drops a SYN in the prerouting hook",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge", "nft"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    await bridge(hosts);
    nftRule(hosts.server, "bridge", "filter hook prerouting", `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          class: "loss",
          reason: "NETFILTER_DROP",
          variant: "nft-bridge-prerouting",
          frame: "br_handle_frame",
        },
      ],
    };
  },
};
