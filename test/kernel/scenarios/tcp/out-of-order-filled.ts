import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data after a gap, then a segment in order that covers both",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport);
    const { seq } = connection;
    connection.send(
      { seq: seq + 100, flags: PSH_ACK, payload: new Uint8Array(100) },
      { flags: PSH_ACK, payload: new Uint8Array(300) },
    );
    return {
      // tcp_ofo_queue(), which gcc inlines into tcp_data_queue()
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_OFO_DROP",
          class: "duplicate",
          flags: ["PSH", "ACK"],
          frame: ["tcp_ofo_queue", "tcp_data_queue"],
          also: { seq: seq + 100, payloadLen: 100 },
        },
      ],
    };
  },
};
