import { closing } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data arrives in the segment that acknowledges the server's FIN",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack } = await closing(lab);
    connection.send({ ack, flags: PSH_ACK, payload: Buffer.from("late") });
    return {
      // tcp_rcv_state_process(), TCP_FIN_WAIT1; tcp_done() comes before the drop.
      drops: [
        {
          ...connection.dropped,
          reason: "TCP_ABORT_ON_DATA",
          class: "refused",
          state: "CLOSE",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtTCPAbortOnData", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
    };
  },
};
