import { refusedInTimeWait, timeWait } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data for a connection in TIME_WAIT: answered with an ACK",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack, seq, purged } = await timeWait(lab);
    connection.send({ seq, ack, flags: PSH_ACK, payload: Buffer.from("late") });
    await connection.receive((segment) => segment.ack === seq, "The ACK");
    return {
      drops: [purged, { ...refusedInTimeWait(lab, connection), flags: ["PSH", "ACK"] }],
    };
  },
};
