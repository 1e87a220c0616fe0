import { v4, v6 } from "../martian.ts";
import { unanswered } from "../neighbours.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/** net/core/neighbour.c, neigh_flush_dev(): queued packets are purged. */
export const scenario: Scenario = {
  title: "A device goes down while a SYN waits for the link address of the next hop",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const { sport, dport, daddr } = unanswered(hosts, family, family === 4 ? v4 : v6);
    hosts.client.run("ip", ["link", "set", "cli0", "down"]);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          daddr,
          reason: "QUEUE_PURGE",
          class: "loss",
          frame: "__dev_notify_flags",
        },
      ],
    };
  },
};
