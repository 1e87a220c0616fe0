import { connectOnce } from "../one-shot.ts";
import { fill, stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "The default queue (pfifo_fast) is full",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.client.run("ip", ["link", "set", "cli0", "txqueuelen", "1"]);
    stopped(hosts, "pfifo_fast");
    fill(hosts);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "QDISC_OVERLIMIT",
          reasonBefore: "QDISC_DROP",
          class: "loss",
          also: { ifname: "cli0" },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
