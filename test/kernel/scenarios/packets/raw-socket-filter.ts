import { rawSocket } from "../../../../src/sys/sockets.ts";
import { PROTOCOL } from "../frames.ts";
import { since } from "../reasons.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";
import { filterAll } from "../socket-filter.ts";

export const scenario: Scenario = {
  title: "A raw socket's filter rejects everything: its copy is dropped, and the segment goes on",
  families: BOTH,
  paths: ["veth", "loopback"],
  run: ({ hosts, family }) => {
    const raw = hosts.own(hosts.server.inside(() => rawSocket(family, PROTOCOL.tcp)));
    filterAll(raw);
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    const segment = { ...received, state: undefined, flags: ["RST", "ACK"], sport: 1000, dport } as const;
    return {
      drops: [
        {
          ...segment,
          // In old kernels, rawv6_rcv_skb() passes on no reason.
          reason: family === 4 ? "SOCKET_FILTER" : since("IPV6_BAD_EXTHDR", "SOCKET_FILTER", "NOT_SPECIFIED"),
          class: "copy",
          variant: "any/copy",
          frame:
            family === 4
              ? ["raw_rcv", "raw_v4_input", "raw_local_deliver"]
              : ["rawv6_rcv", "ipv6_raw_deliver", "raw6_local_deliver"],
        },
        { ...segment, reason: "NO_SOCKET", class: "refused", frame: `tcp_v${family}_rcv` },
      ],
    };
  },
};
