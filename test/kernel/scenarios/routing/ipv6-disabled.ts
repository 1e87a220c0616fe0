import { syn, synDrop } from "../one-shot.ts";
import { received, type Scenario } from "../scenario.ts";

/** Ip6InDiscards rises too, but also for what the client sends by itself (MLD). */
export const scenario: Scenario = {
  title: "An IPv6 SYN arrives at a device on which IPv6 is disabled",
  families: [6],
  paths: ["veth"],
  run: ({ hosts }) => {
    const dport = hosts.newPort();
    hosts.setSysctl(hosts.server, "ipv6/conf/srv0/disable_ipv6", "1");
    hosts.inject(syn(6, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "IPV6DISABLED",
          class: "loss",
          frame: ["ip6_rcv_core", "ip6_rcv_core.isra.0"],
        },
      ],
    };
  },
};
