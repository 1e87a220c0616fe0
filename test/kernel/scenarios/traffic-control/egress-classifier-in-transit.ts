import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, tcDrop } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

export const scenario: Scenario = {
  title: "A tc classifier at egress of a router drops a SYN",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["cls_bpf"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    tcDrop(firstReceiver(hosts, path).host, "rts0", "egress");
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          also: THROUGH_ROUTER,
          reason: "TC_EGRESS",
          class: "loss",
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
