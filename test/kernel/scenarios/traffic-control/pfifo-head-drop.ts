import { connectOnce } from "../one-shot.ts";
import { push, stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/** The client closes its socket while the SYN waits: the dropped segment belongs to a closed socket. */
export const scenario: Scenario = {
  title: "A queue of one packet drops the older one",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    stopped(hosts, "pfifo_head_drop limit 1");
    const sport = connectOnce(hosts, family, dport);
    push(hosts);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          state: "CLOSE",
          reason: "QDISC_DROP",
          class: "loss",
          also: { ifname: "cli0" },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
