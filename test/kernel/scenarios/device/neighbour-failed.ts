import { v4, v6 } from "../martian.ts";
import { unanswered } from "../neighbours.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * As when nothing answers for some seconds: net/core/neighbour.c, neigh_invalidate(). IPv4 gives a reason
 * (arp_error_report()), IPv6 does not (net/ipv6/ndisc.c, ndisc_error_report()).
 */
export const scenario: Scenario = {
  title: "The link address of the next hop, for which a SYN waits, cannot be resolved",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const { sport, dport, daddr } = unanswered(hosts, family, family === 4 ? v4 : v6);
    hosts.client.run("ip", ["neigh", "replace", daddr, "dev", "cli0", "nud", "failed"]);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          daddr,
          reason: family === 4 ? "NEIGH_FAILED" : "NOT_SPECIFIED",
          class: "loss",
          frame: "neigh_invalidate",
        },
      ],
    };
  },
};
