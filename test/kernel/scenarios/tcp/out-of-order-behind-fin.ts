import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN_ACK, PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data after a gap, then a FIN that fits before it: the data beyond the end is discarded",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection } = await HandmadePeer.join(lab).open(lab.hosts.listen(lab.family, dport), dport);
    connection.send(
      { seq: connection.seq + 100, flags: PSH_ACK, payload: new Uint8Array(100) },
      { flags: FIN_ACK },
    );
    return {
      // tcp_fin()
      drops: [
        {
          ...connection.dropped,
          state: "CLOSE_WAIT",
          reason: "NOT_SPECIFIED",
          variant: "out-of-order-queue-of-closed-socket",
          class: "normal",
          flags: ["PSH", "ACK"],
          frame: ["skb_rbtree_purge", "tcp_fin"],
        },
      ],
    };
  },
};
