import { syn, synDrop } from "../one-shot.ts";
import { iptables } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "iptables-legacy drops a SYN in INPUT",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["iptables-legacy"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    iptables(hosts.server, family, `-A INPUT -p tcp --dport ${dport} -j DROP`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "NETFILTER_DROP",
          variant: "hook-input",
          class: "loss",
          frame: family === 4 ? "ip_local_deliver" : "ip6_input",
        },
      ],
    };
  },
};
