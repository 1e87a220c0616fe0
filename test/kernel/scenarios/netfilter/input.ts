import { syn, synDrop } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft drops a SYN in the input hook",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.server, "inet", "filter hook input", `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "NETFILTER_DROP",
          variant: "nft-input",
          class: "loss",
          frame: family === 4 ? "ip_local_deliver" : "ip6_input",
        },
      ],
    };
  },
};
