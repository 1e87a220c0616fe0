import { v4, v6 } from "../martian.ts";
import { NOBODY } from "../neighbours.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

export const scenario: Scenario = {
  title: "A router cannot resolve the link address of a SYN's next hop",
  families: BOTH,
  paths: ["forwarded"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    const daddr = NOBODY[family];
    const { host } = firstReceiver(hosts, path);
    host.run("ip", [`-${family}`, "route", "add", daddr, "dev", "rts0"]);
    hosts.inject(syn(family, dport, { destination: family === 4 ? v4(daddr) : v6(daddr) }));
    host.run("ip", ["neigh", "replace", daddr, "dev", "rts0", "nud", "failed"]);
    return {
      drops: [
        {
          ...synDrop(dport),
          daddr,
          host: "router",
          direction: "forwarded",
          also: THROUGH_ROUTER,
          reason: family === 4 ? "NEIGH_FAILED" : "NOT_SPECIFIED",
          class: "loss",
          frame: "neigh_invalidate",
        },
      ],
    };
  },
};
