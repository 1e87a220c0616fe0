import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN to a listener's own address, in a broadcast frame",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.listen(family, dport);
    const [, source] = hosts.clientMacs;
    hosts.injectFrames([
      ethernet(
        [new Uint8Array(6).fill(0xff), source],
        tcpPacket(family, { sport: NO_STACK_PORT, dport, ack: 0, flags: SYN }),
      ),
    ]);
    return {
      // tcp_v4_rcv(): `skb->pkt_type != PACKET_HOST`, before it is counted
      drops: [
        {
          ...received,
          reason: "NOT_SPECIFIED",
          variant: "before-socket-lookup",
          class: "loss",
          state: undefined,
          flags: ["SYN"],
          sport: NO_STACK_PORT,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpInSegs", by: 0 }],
    };
  },
};
