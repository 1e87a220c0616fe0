import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, nftRule } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

export const scenario: Scenario = {
  title: "nft on a router drops a SYN in the forward hook",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["nft"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    nftRule(firstReceiver(hosts, path).host, "inet", "filter hook forward", `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          also: { ...THROUGH_ROUTER, mtu: 1_500 },
          reason: "NETFILTER_DROP",
          variant: "nft-forward",
          class: "loss",
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
    };
  },
};
