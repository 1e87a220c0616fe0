import { connectOnce } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft rejects a SYN with an ICMP message",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(
      hosts.server,
      "inet",
      "filter hook input",
      `tcp dport ${dport} reject with icmpx type port-unreachable`,
    );
    // An ICMP error that meets a locked socket does not end it: it would retransmit the SYN a second later
    // (tcp_v4_err()).
    connectOnce(hosts, family, dport);
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
