import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data that begins exactly where the receive window ends",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport);
    const { seq, window, dropped } = connection;
    // tcp_sequence() lets what begins at the edge pass (after(seq, edge)); tcp_data_queue() does not
    // (!before(seq, edge)).
    connection.send({ seq: seq + window, flags: PSH_ACK, payload: Buffer.from("x") });
    return {
      drops: [
        {
          ...dropped,
          state: "ESTABLISHED",
          reason: "TCP_OVERWINDOW",
          variant: "one-byte",
          class: "refused",
          flags: ["PSH", "ACK"],
          frame: "tcp_rcv_established",
        },
      ],
    };
  },
};
