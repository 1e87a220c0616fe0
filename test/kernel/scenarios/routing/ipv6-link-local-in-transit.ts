import { v6 } from "../martian.ts";
import { syn, synDrop } from "../one-shot.ts";
import type { Scenario } from "../scenario.ts";

/** net/ipv6/ip6_output.c, ip6_forward(): a packet from a link-local address stays on its link. */
export const scenario: Scenario = {
  title: "An IPv6 SYN from a link-local address would leave its link",
  families: [6],
  paths: ["forwarded"],
  run: ({ hosts }) => {
    const dport = hosts.newPort();
    hosts.inject(syn(6, dport, { source: v6("fe80::7") }));
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "router",
          direction: "forwarded",
          saddr: "fe80::7",
          reason: "IP_INADDRERRORS",
          class: "loss",
          frame: "ip6_forward",
        },
      ],
      counters: [{ host: "router", counter: "Ip6InAddrErrors", by: 1 }],
    };
  },
};
