import { connectOnce } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft drops a SYN in the postrouting hook: the client's own, or one in transit",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.router ?? hosts.client, "inet", "filter hook postrouting", `tcp dport ${dport} drop`);
    const sport = connectOnce(hosts, family, dport);
    const whose =
      hosts.router === undefined
        ? ({ host: "client", direction: "tx", state: "SYN_SENT" } as const)
        : ({ host: "router", direction: "forwarded", state: undefined } as const);
    return {
      drops: [
        {
          ...whose,
          reason: "NETFILTER_DROP",
          variant: "nft-postrouting",
          class: "loss",
          flags: ["SYN"],
          sport,
          dport,
          frame: family === 4 ? "ip_output" : "ip6_output",
        },
      ],
    };
  },
};
