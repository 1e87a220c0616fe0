import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";
import { SACK_PERMITTED } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "Data after a gap arrives again, then in a longer segment",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport, {
      options: SACK_PERMITTED,
    });
    const { seq } = connection;
    const data = { flags: PSH_ACK, seq: seq + 200, payload: new Uint8Array(100) };
    connection.send(data, data, { ...data, seq: seq + 100, payload: new Uint8Array(300) });
    // tcp_data_queue_ofo(): "All the bits are present", and "Remove other segments covered by skb"
    const drop = {
      ...connection.dropped,
      state: "ESTABLISHED",
      reason: "TCP_OFOMERGE",
      class: "duplicate",
      flags: ["PSH", "ACK"],
    } as const;
    return {
      drops: [
        {
          ...drop,
          count: 2,
          frame: ["tcp_data_queue_ofo", "tcp_data_queue"],
          also: { seq: data.seq, payloadLen: 100 },
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPOFOMerge", by: 2 }],
    };
  },
};
