import { refusedInTimeWait, timeWait } from "../closing.ts";
import { moved } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN with an old sequence number for a connection in TIME_WAIT: answered with an ACK",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, purged } = await timeWait(lab);
    connection.send({ seq: moved(seq, -1000), ack: 0, flags: SYN });
    await connection.receive((segment) => segment.ack === seq, "The ACK");
    return {
      drops: [purged, { ...refusedInTimeWait(lab, connection, "time-wait-syn"), flags: ["SYN"] }],
    };
  },
};
