import { closedWindow } from "../closed-window.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data into a closed receive window",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq } = await closedWindow(lab);
    connection.send({ seq, flags: PSH_ACK, payload: Buffer.from("too much") });
    return {
      // Since 6.17 tcp_sequence() rejects it, because data is unread; before, tcp_data_queue() did.
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_INVALID_END_SEQUENCE",
          reasonBefore: "TCP_ZEROWINDOW",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
    };
  },
};
