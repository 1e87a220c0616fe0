import { connectOnce } from "../one-shot.ts";
import { tcDrop } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/** net/core/dev.c, sch_handle_egress(), before the queue. */
export const scenario: Scenario = {
  title: "A tc classifier at egress drops a SYN",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["cls_bpf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    tcDrop(hosts.client, hosts.clientDevice, "egress");
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "TC_EGRESS",
          class: "loss",
          also: { ifname: hosts.clientDevice },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
