import { closing } from "../closing.ts";
import { tellsSocket } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  tells: "The server has closed and been acknowledged, and then data comes",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack } = await closing(lab);
    connection.send({ ack }, { ack, flags: PSH_ACK, payload: Buffer.from("late") });
    return {
      // A timewait socket with tw_substate FIN_WAIT2: tcp_timewait_state_process() says TCP_TW_RST, and tcp_v4_rcv() sets no reason.
      drops: [
        {
          ...connection.dropped,
          reason: "NOT_SPECIFIED",
          class: tellsSocket ? "refused" : "loss",
          state: "TIME_WAIT",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
