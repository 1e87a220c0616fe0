import { closing, refusedInTimeWait } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data arrives after the server's FIN was acknowledged",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack } = await closing(lab);
    connection.send({ ack }, { ack, flags: PSH_ACK, payload: Buffer.from("late") });
    return {
      // A timewait socket with tw_substate FIN_WAIT2: tcp_timewait_state_process() says TCP_TW_RST.
      drops: [{ ...refusedInTimeWait(lab, connection), flags: ["PSH", "ACK"] }],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
