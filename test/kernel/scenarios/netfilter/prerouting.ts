import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/** Before routing, it is unknown that a packet will be forwarded: rx, at the router too. */
export const scenario: Scenario = {
  title: "nft drops a SYN in the prerouting hook",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    nftRule(firstReceiver(hosts, path).host, "inet", "filter hook prerouting", `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "NETFILTER_DROP",
          variant: "nft-prerouting",
          class: "loss",
          frame: family === 4 ? "ip_rcv" : "ipv6_rcv",
        },
      ],
    };
  },
};
