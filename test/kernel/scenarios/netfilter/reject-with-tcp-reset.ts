import { hasEnded } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/**
 * The rule answers and then drops the SYN: NETFILTER_DROP, as without an answer. The RST itself arrives and
 * is not a drop.
 */
export const scenario: Scenario = {
  title: "nft rejects a SYN with a RST",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.server, "inet", "filter hook input", `tcp dport ${dport} reject with tcp reset`);
    const socket = hosts.connect(family, dport);
    await hasEnded(socket, "ECONNREFUSED");
    return {
      drops: [
        {
          ...received,
          reason: "NETFILTER_DROP",
          variant: "nft-input",
          class: "loss",
          state: undefined,
          flags: ["SYN"],
          dport,
          frame: family === 4 ? "ip_local_deliver" : "ip6_input",
        },
      ],
    };
  },
};
