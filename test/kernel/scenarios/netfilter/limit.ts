import { connectOnce } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft drops SYNs above a rate: the first passes, the next two do not",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(
      hosts.server,
      "inet",
      "filter hook input",
      `tcp dport ${dport} tcp flags syn / syn,ack limit rate over 1/day burst 1 packets drop`,
    );
    await hosts.establish(family, dport);
    const sports = [connectOnce(hosts, family, dport), connectOnce(hosts, family, dport)];
    return {
      drops: sports.map((sport) => ({
        ...received,
        reason: "NETFILTER_DROP",
        variant: "nft-input",
        class: "loss",
        state: undefined,
        flags: ["SYN"],
        sport,
        dport,
        frame: "nf_hook_slow",
      })),
    };
  },
};
