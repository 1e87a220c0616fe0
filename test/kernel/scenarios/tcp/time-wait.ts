import { timeWait } from "../closing.ts";
import { givesSocket } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN_ACK, RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "An ACK, a repeated FIN and a RST in TIME_WAIT: processed, and freed as if dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack, seq, purged } = await timeWait(lab);
    connection.send({ seq, ack });
    connection.send({ flags: FIN_ACK, ack });
    await connection.receive((segment) => segment.ack === seq, "The ACK of the FIN that came again");
    connection.send({ seq, flags: RST });
    // tcp_timewait_state_process(); tcp_v4_rcv(), do_time_wait
    const drop = {
      ...connection.dropped,
      reason: "NOT_SPECIFIED",
      variant: "time-wait-answered",
      state: "TIME_WAIT",
      frame: `tcp_v${lab.family}_rcv`,
    } as const;
    // Without the socket, only the FIN cannot belong to anything else.
    const unlessUntold = givesSocket ? "normal" : "loss";
    return {
      drops: [
        purged,
        { ...drop, flags: ["ACK"], class: unlessUntold },
        { ...drop, flags: ["FIN", "ACK"], class: "normal" },
        { ...drop, flags: ["RST"], class: unlessUntold },
      ],
    };
  },
};
