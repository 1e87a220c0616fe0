import { connecting } from "../connecting.ts";
import { since } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { timestamps } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN-ACK that echoes a timestamp that was not sent",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { peer, answer, dropped } = await connecting(lab);
    peer.send({ ...answer, options: timestamps(1, 1) });
    return {
      drops: [
        {
          ...dropped,
          reason: since("TCP_ABORT_ON_DATA", "TCP_RFC7323_PAWS", "NOT_SPECIFIED"),
          class: "loss",
          flags: ["SYN", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtPAWSActive", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
      unexplained: since(
        "TCP_ABORT_ON_DATA",
        [],
        [
          {
            host: "server",
            counter: "TcpExtPAWSActive",
            why: "tcp_rcv_synsent_state_process() passed no reason on",
          },
        ],
      ),
    };
  },
};
