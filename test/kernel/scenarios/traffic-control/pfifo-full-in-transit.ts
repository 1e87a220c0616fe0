import { syn, synDrop } from "../one-shot.ts";
import { fill, outletOfRouter, stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

/**
 * The route is gone by then: skb_dst_drop() in __dev_queue_xmit(), net/core/dev.c, since a veth needs none
 * (IFF_XMIT_DST_RELEASE).
 */
export const scenario: Scenario = {
  title: "A router's egress queue (pfifo limit) has no room for a SYN",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const outlet = outletOfRouter(hosts);
    stopped(hosts, "pfifo limit 1", undefined, outlet);
    fill(hosts, outlet);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          reason: "QDISC_DROP",
          class: "loss",
          also: THROUGH_ROUTER,
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
