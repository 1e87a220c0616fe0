import { timeWait } from "../closing.ts";
import { moved } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN, SYN_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Not a drop: a SYN above the old sequence numbers reopens a connection in TIME_WAIT",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, purged } = await timeWait(lab);
    connection.send({ seq: moved(seq, 1_000_000), ack: 0, flags: SYN });
    await connection.receive(
      ({ flags, ack }) => flags === SYN_ACK && ack === moved(seq, 1_000_001),
      "The SYN-ACK",
    );
    return { drops: [purged] };
  },
};
