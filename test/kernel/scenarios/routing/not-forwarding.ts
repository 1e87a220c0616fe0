import { v4, v6 } from "../martian.ts";
import { syn, synDrop } from "../one-shot.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/**
 * IPv4 rejects it at the route lookup (net/ipv4/route.c, ip_error()); IPv6 has a route to ip6_forward(),
 * which rejects it (net/ipv6/ip6_output.c).
 */
export const scenario: Scenario = {
  title: "A SYN for another address arrives at a host that does not forward",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const daddr = family === 4 ? "192.0.2.77" : "2001:db8::77";
    hosts.inject(syn(family, dport, { destination: family === 4 ? v4(daddr) : v6(daddr) }));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          daddr,
          direction: family === 4 ? "rx" : "forwarded",
          reason: "IP_INADDRERRORS",
          class: "loss",
          frame: family === 4 ? "ip_error" : "ip6_forward",
        },
      ],
      counters: [{ host: "server", counter: family === 4 ? "IpInAddrErrors" : "Ip6InAddrErrors", by: 1 }],
    };
  },
};
