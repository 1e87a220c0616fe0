import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN_ACK, PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "The peer sends more data after its FIN",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport);
    const { seq, dropped } = connection;
    connection.send({ flags: FIN_ACK });
    await connection.receive((segment) => segment.ack === seq + 1, "The ACK of the FIN");
    connection.send({ seq: seq + 1, flags: PSH_ACK, payload: Buffer.from("more") });
    return {
      // tcp_rcv_state_process(), "step 7": in CLOSE_WAIT it is not queued, and no reason is set.
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          class: "loss",
          state: "CLOSE_WAIT",
          flags: ["PSH", "ACK"],
          frame: "tcp_rcv_state_process",
        },
      ],
    };
  },
};
