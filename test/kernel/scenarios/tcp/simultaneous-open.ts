import { connecting } from "../connecting.ts";
import { moved } from "../connection.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { ACK, SYN, SYN_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Two SYNs cross, which is no drop; the ACK that follows is wrong, and dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { peer, answer, dropped } = await connecting(lab);
    peer.send({ ...answer, ack: 0, flags: SYN });
    await peer.receive(({ flags }) => flags === SYN_ACK, "The SYN-ACK of a socket in SYN_RECV");
    peer.send({ ...answer, seq: moved(answer.seq, 1), ack: moved(answer.ack, 1000), flags: ACK });
    return {
      drops: [
        {
          ...dropped,
          // tcp_rcv_state_process(), TCP_SYN_RECV, "send one RST": up to 6.8 it returned no reason.
          reason: isNamed("TCP_ABORT_ON_DATA") ? "TCP_ACK_UNSENT_DATA" : "NOT_SPECIFIED",
          class: "loss",
          state: "SYN_RECV",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
