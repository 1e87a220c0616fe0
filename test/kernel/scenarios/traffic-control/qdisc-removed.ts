import { connectOnce } from "../one-shot.ts";
import { stopped } from "../queues.ts";
import { tc } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/** The client closes its socket while the SYN waits: the dropped segment belongs to a closed socket. */
export const scenario: Scenario = {
  title: "A queue is removed with a SYN in it",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    stopped(hosts, "");
    const sport = connectOnce(hosts, family, dport);
    tc(hosts.client, "qdisc del dev cli0 root");
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          state: "CLOSE",
          reason: "NOT_SPECIFIED",
          class: "loss",
          also: { ifname: "cli0" },
          frame: "__rtnl_unlock",
        },
      ],
    };
  },
};
