import { addresses, ethernet, fragment, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The other fragments of a packet do not arrive, and the first one times out",
  families: BOTH,
  paths: ["veth"],
  slow: true,
  run: ({ hosts, family }) => {
    // A second, the minimum.
    hosts.setSysctl(hosts.server, family === 4 ? "ipv4/ipfrag_time" : "ipv6/ip6frag_time", "1");
    const dport = hosts.newPort();
    const whole = tcp(addresses(family), { sport: 1000, dport, payload: new Uint8Array(100) });
    hosts.injectFrames([ethernet(hosts.clientMacs, fragment(family, whole, [0, 64], 1))]);
    return {
      drops: [
        {
          ...received,
          // ip_expire(), ip6frag_expire_frag_queue(): the first fragment, which the ICMP error quotes.
          reason: "FRAG_REASM_TIMEOUT",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          frame: family === 4 ? "ip_expire" : ["ip6_frag_expire", "ip6frag_expire_frag_queue"],
          also: { payloadLen: 44, ifname: "srv0" },
        },
      ],
      counters: [
        { host: "server", counter: family === 4 ? "IpReasmTimeout" : "Ip6ReasmTimeout", by: 1 },
        { host: "server", counter: family === 4 ? "IpReasmFails" : "Ip6ReasmFails", by: 1 },
      ],
    };
  },
};
