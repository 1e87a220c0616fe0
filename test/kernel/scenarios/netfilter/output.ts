import { connectOnce } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * Packets of an IPv6 socket reach the hook in ip6_xmit(), net/ipv6/ip6_output.c; those of IPv4 in
 * __ip_local_out().
 */
export const scenario: Scenario = {
  title: "nft drops the client's SYN in the output hook",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["nft"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${dport} drop`);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "NETFILTER_DROP",
          variant: "nft-output",
          class: "loss",
          frame: family === 4 ? "__ip_local_out" : "ip6_xmit",
        },
      ],
    };
  },
};
