import { syn, synDrop } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A table for one family (ip, ip6) drops packets of that family only",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.server, family === 4 ? "ip" : "ip6", "filter hook input", `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "NETFILTER_DROP",
          variant: "nft-input",
          class: "loss",
          frame:
            family === 4 ? ["nft_do_chain_ipv4", "ip_local_deliver"] : ["nft_do_chain_ipv6", "ip6_input"],
        },
      ],
    };
  },
};
