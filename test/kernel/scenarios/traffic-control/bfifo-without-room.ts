import { connectOnce } from "../one-shot.ts";
import { tc } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "A queue with room for no bytes (bfifo limit 0)",
  families: BOTH,
  paths: ["veth"],

  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    tc(hosts.client, "qdisc add dev cli0 root bfifo limit 0");
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
