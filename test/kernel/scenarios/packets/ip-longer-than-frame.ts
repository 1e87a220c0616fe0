import { addresses, ethernet, ipv4, ipv6, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "An IP header with a length beyond the frame",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const segment = tcp(addresses(family), { sport: 1000, dport, payload: Buffer.from("abc") });
    const packet = family === 4 ? ipv4(segment, { totalLen: 1000 }) : ipv6(segment, { payloadLen: 1000 });
    hosts.injectFrames([ethernet(hosts.clientMacs, packet)]);
    return {
      drops: [
        {
          ...received,
          // ip_rcv_core(), ip6_rcv_core(): skb->len < len
          reason: "PKT_TOO_SMALL",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          frame: family === 4 ? ["ip_rcv_core", "ip_rcv"] : ["ip6_rcv_core", "ipv6_rcv"],
          // The actual length, not that of the header.
          also: { payloadLen: 3 },
        },
      ],
      counters: [
        { host: "server", counter: family === 4 ? "IpExtInTruncatedPkts" : "Ip6InTruncatedPkts", by: 1 },
      ],
    };
  },
};
