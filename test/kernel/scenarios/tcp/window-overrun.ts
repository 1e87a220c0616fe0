import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data that begins inside the receive window and ends beyond it, while other data is unread",
  families: BOTH,
  paths: ["veth"],
  // Before, tcp_sequence() checked only the beginning of the segment, and the excess was queued.
  needs: ["reason TCP_INVALID_END_SEQUENCE"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport);
    const { seq, dropped } = connection;
    connection.send({ flags: PSH_ACK, payload: Buffer.from("unread") });
    const { ack, window } = await connection.receive(
      (segment) => segment.ack === seq + 6,
      "The ACK of what is not read",
    );
    connection.send({ seq: ack + window - 10, flags: PSH_ACK, payload: new Uint8Array(100) });
    return {
      drops: [
        {
          ...dropped,
          state: "ESTABLISHED",
          reason: "TCP_INVALID_END_SEQUENCE",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
      counters: [{ host: "server", counter: "TcpExtBeyondWindow", by: 1 }],
    };
  },
};
