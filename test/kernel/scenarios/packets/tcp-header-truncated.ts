import { addresses, ethernet, ip, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A packet that ends inside its TCP header: no port is guessed",
  families: BOTH,
  paths: ["veth", "loopback"],
  run: ({ hosts, family }) => {
    const whole = tcp(addresses(family), { sport: 1000, dport: hosts.newPort() });
    hosts.injectFrames(
      [4, 19].map((bytes) => ethernet(hosts.clientMacs, ip(family, whole.subarray(0, bytes)))),
    );
    return {
      drops: [
        {
          ...received,
          // tcp_v4_rcv(), tcp_v6_rcv(): when pskb_may_pull(skb, sizeof(struct tcphdr)) fails, no reason is
          // set yet.
          reason: "NOT_SPECIFIED",
          variant: "before-socket-lookup",
          class: "loss",
          state: undefined,
          flags: undefined,
          frame: `tcp_v${family}_rcv`,
          also: { sport: undefined, dport: undefined, seq: undefined, payloadLen: undefined },
          count: 2,
        },
      ],
      counters: [{ host: "server", counter: "TcpInSegs", by: 2 }],
    };
  },
};
