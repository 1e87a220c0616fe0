import { v4, v6 } from "../martian.ts";
import { unanswered } from "../neighbours.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * The older one is dropped: net/core/neighbour.c, __neigh_event_send(). The address is requested once a
 * minute, so that nothing else happens.
 */
export const scenario: Scenario = {
  title: "Two SYNs wait for the link address of the next hop, and the queue has room for one",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const bytes = family === 4 ? v4 : v6;
    hosts.setSysctl(hosts.client, `ipv${family}/neigh/cli0/unres_qlen_bytes`, "1");
    hosts.setSysctl(hosts.client, `ipv${family}/neigh/cli0/retrans_time_ms`, "60000");
    const first = unanswered(hosts, family, bytes);
    const second = unanswered(hosts, family, bytes);
    // Closed sockets do not retransmit after a second, which would displace the waiting SYN.
    for (const { socket } of [first, second]) socket[Symbol.dispose]();
    return {
      drops: [
        {
          ...sentSyn(first.sport, first.dport),
          daddr: first.daddr,
          reason: "NEIGH_QUEUEFULL",
          class: "loss",
          frame: "__neigh_event_send",
        },
      ],
    };
  },
};
