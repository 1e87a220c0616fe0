import { policy } from "../ipsec.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** IPv6 does not give the reason: net/ipv6/ip6_output.c, ip6_forward(), after xfrm6_policy_check(). */
export const scenario: Scenario = {
  title: "A forward IPsec policy of a router blocks a SYN",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["xfrm"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    policy(firstReceiver(hosts, path).host, family, "fwd", "block");
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          reason: family === 4 ? "XFRM_POLICY" : "NOT_SPECIFIED",
          class: "loss",
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
      counters: [{ host: "router", counter: "XfrmInPolBlock", by: 1 }],
    };
  },
};
