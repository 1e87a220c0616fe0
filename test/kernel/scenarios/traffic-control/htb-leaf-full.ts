import { connectOnce } from "../one-shot.ts";
import { tc } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "The queue of an htb class is full",
  families: BOTH,
  paths: ["veth"],
  needs: ["htb"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    tc(
      hosts.client,
      "qdisc add dev cli0 root handle 1: htb default 1",
      "class add dev cli0 parent 1: classid 1:1 htb rate 1mbit",
      "qdisc add dev cli0 parent 1:1 pfifo limit 0",
    );
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
