import { waitFor } from "../../../../src/lab/hosts.ts";
import { connectOnce } from "../one-shot.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * A device without carrier has noop_qdisc, which drops everything: net/sched/sch_generic.c, dev_deactivate(),
 * noop_enqueue().
 */
export const scenario: Scenario = {
  title: "A SYN is sent through a device whose other end is down",
  families: BOTH,
  paths: ["veth"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.server.run("ip", ["link", "set", "srv0", "down"]);
    const noticed = (): true | undefined =>
      /state (LOWERLAYER)?DOWN/.test(hosts.client.run("ip", ["link", "show", "cli0"])) ? true : undefined;
    await waitFor(noticed, "The loss of the carrier");
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
