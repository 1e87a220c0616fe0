import { connectOnce } from "../one-shot.ts";
import { iptables } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "iptables-legacy drops the client's SYN in OUTPUT",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["iptables-legacy"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    iptables(hosts.client, family, `-A OUTPUT -p tcp --dport ${dport} -j DROP`);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "NETFILTER_DROP",
          variant: "hook-output",
          class: "loss",
          frame: family === 4 ? "__ip_local_out" : "ip6_xmit",
        },
      ],
    };
  },
};
