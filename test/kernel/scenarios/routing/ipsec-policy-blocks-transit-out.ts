import { policy } from "../ipsec.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "An outbound IPsec policy of a router blocks a forwarded SYN",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["xfrm"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    policy(firstReceiver(hosts, path).host, family, "out", "block");
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          reason: "XFRM_POLICY",
          class: "loss",
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
      counters: [{ host: "router", counter: "XfrmOutPolBlock", by: 1 }],
    };
  },
};
