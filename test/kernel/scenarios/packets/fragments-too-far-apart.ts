import { addresses, ethernet, fragment, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Too many other fragments between two of a packet (ipfrag_max_dist): the first is discarded",
  families: [4],
  paths: ["veth"],
  run: ({ hosts }) => {
    hosts.setSysctl(hosts.server, "ipv4/ipfrag_max_dist", "1");
    const dport = hosts.newPort();
    const whole = (sport: number): Uint8Array =>
      tcp(addresses(4), { sport, dport, payload: new Uint8Array(100) });
    const begin = (id: number): Uint8Array =>
      ethernet(hosts.clientMacs, fragment(4, whole(1000 + id), [0, 64], id));
    hosts.injectFrames([
      ...[1, 2, 3, 4].map(begin),
      ethernet(hosts.clientMacs, fragment(4, whole(1001), [64, 120], 1)),
    ]);
    return {
      // ip_frag_reinit() frees queued fragments without skb->dev, and without a socket their namespace is
      // unknown: they count as filtered.
      drops: [],
      counters: [{ host: "server", counter: "IpReasmFails", by: 1 }],
    };
  },
};
