import { connectOnce } from "../one-shot.ts";
import { tc } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * net/sched/sch_netem.c, netem_enqueue(): the queue counts the loss, and reports success to TCP.
 */
export const scenario: Scenario = {
  title: "netem loses everything",
  families: BOTH,
  paths: ["veth"],
  needs: ["netem"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    tc(hosts.client, "qdisc add dev cli0 root netem loss 100%");
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "QDISC_DROP",
          class: "loss",
          also: { ifname: "cli0" },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
