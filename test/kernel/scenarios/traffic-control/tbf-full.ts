import { connectOnce } from "../one-shot.ts";
import { fill, LARGEST_BYTES, stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "The queue of a shaper (tbf limit) is full",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    stopped(hosts, "", LARGEST_BYTES);
    fill(hosts);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "QDISC_DROP",
          class: "loss",
          also: { ifname: "cli0", outIfname: "cli0" },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
