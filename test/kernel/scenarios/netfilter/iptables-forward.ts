import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, iptables } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "iptables-legacy drops a SYN in FORWARD",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["iptables-legacy"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    iptables(firstReceiver(hosts, path).host, family, `-A FORWARD -p tcp --dport ${dport} -j DROP`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          host: "router",
          direction: "forwarded",
          ...synDrop(dport),
          reason: "NETFILTER_DROP",
          variant: "hook-forward",
          class: "loss",
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
    };
  },
};
