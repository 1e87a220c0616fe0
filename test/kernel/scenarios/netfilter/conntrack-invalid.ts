import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, RST, segmentToServer } from "../segments.ts";

/** A RST starts no connection: net/netfilter/nf_conntrack_proto_tcp.c, tcp_new(). */
export const scenario: Scenario = {
  title: "nft drops what conntrack calls invalid: a RST without a connection",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.server, "inet", "filter hook input", "ct state invalid drop");
    hosts.inject({ ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags: RST });
    return {
      drops: [
        {
          ...received,
          reason: "NETFILTER_DROP",
          variant: "nft-input",
          class: "loss",
          state: undefined,
          flags: ["RST"],
          sport: NO_STACK_PORT,
          dport,
          frame: family === 4 ? "ip_local_deliver" : "ip6_input",
        },
      ],
    };
  },
};
