import { addresses, ethernet, fragment, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A fragment arrives a second time; the first copy stays",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const whole = tcp(addresses(family), { sport: 1000, dport, payload: new Uint8Array(100) });
    const first = ethernet(hosts.clientMacs, fragment(family, whole, [0, 64], 1));
    hosts.injectFrames([first, first]);
    return {
      drops: [
        {
          ...received,
          // ip_frag_queue(), ip6_frag_queue(): IPFRAG_DUP
          reason: "DUP_FRAG",
          class: "duplicate",
          state: undefined,
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          frame: family === 4 ? ["ip_frag_queue", "ip_defrag"] : ["ip6_frag_queue", "ipv6_frag_rcv"],
          also: { payloadLen: 44 },
        },
      ],
      counters: [{ host: "server", counter: family === 4 ? "IpReasmFails" : "Ip6ReasmFails", by: 0 }],
    };
  },
};
