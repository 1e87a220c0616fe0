import { addresses, ethernet, fragment, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A fragment overlaps the one before: both are discarded, and only the second is a drop",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const whole = tcp(addresses(family), {
      sport: 1000,
      dport: hosts.newPort(),
      payload: new Uint8Array(100),
    });
    const pieces = [
      [0, 64],
      [32, 96],
    ] as const;
    hosts.injectFrames(pieces.map((piece) => ethernet(hosts.clientMacs, fragment(family, whole, piece, 1))));
    return {
      drops: [
        {
          ...received,
          // ip_frag_queue(), ip6_frag_queue(): an overlap has no reason; queued fragments are freed as
          // consumed, inet_frag_destroy().
          reason: "NOT_SPECIFIED",
          class: "loss",
          state: undefined,
          flags: undefined,
          frame: family === 4 ? ["ip_frag_queue", "ip_defrag"] : ["ip6_frag_queue", "ipv6_frag_rcv"],
          also: { sport: undefined, dport: undefined, seq: undefined },
        },
      ],
      counters: [
        { host: "server", counter: family === 4 ? "IpReasmFails" : "Ip6ReasmFails", by: 1 },
        // One counter for both families.
        { host: "server", counter: "IpExtReasmOverlaps", by: family === 4 ? 1 : 0 },
      ],
    };
  },
};
