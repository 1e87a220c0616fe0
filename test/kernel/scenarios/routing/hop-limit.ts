import { syn, synDrop } from "../one-shot.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The TTL or hop limit of a SYN expires at a router",
  families: BOTH,
  paths: ["forwarded"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.inject(syn(family, dport, { ttl: 1 }));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          reason: "IP_INHDR",
          class: "loss",
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
      counters: [{ host: "router", counter: family === 4 ? "IpInHdrErrors" : "Ip6InHdrErrors", by: 1 }],
    };
  },
};
