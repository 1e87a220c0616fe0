import { connectOnce } from "../one-shot.ts";
import { stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/** The client closes its socket while the SYN waits: the dropped segment belongs to a closed socket. */
export const scenario: Scenario = {
  title: "A device is removed with a SYN in its queue",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    stopped(hosts, "");
    const sport = connectOnce(hosts, family, dport);
    hosts.client.run("ip", ["link", "del", "cli0"]);
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
