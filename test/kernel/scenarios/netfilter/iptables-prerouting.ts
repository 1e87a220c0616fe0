import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, iptables } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "iptables-legacy drops a SYN in PREROUTING",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["iptables-legacy"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    iptables(firstReceiver(hosts, path).host, family, `-t raw -A PREROUTING -p tcp --dport ${dport} -j DROP`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          host: transit,
          ...synDrop(dport),
          reason: "NETFILTER_DROP",
          variant: "hook-prerouting",
          class: "loss",
          frame: family === 4 ? "ip_rcv" : "ipv6_rcv",
        },
      ],
    };
  },
};
