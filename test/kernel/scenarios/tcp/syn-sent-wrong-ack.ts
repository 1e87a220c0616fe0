import { connecting } from "../connecting.ts";
import { moved } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN-ACK that acknowledges a SYN that was not sent",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { peer, answer, dropped } = await connecting(lab);
    peer.send({ ...answer, ack: moved(answer.ack, 1000) });
    return {
      // tcp_rcv_synsent_state_process() returns the reason, and tcp_v4_do_rcv() answers with a RST.
      drops: [
        {
          ...dropped,
          reason: "TCP_INVALID_ACK_SEQUENCE",
          class: "refused",
          flags: ["SYN", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
