import { closedWindow } from "../closed-window.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "One byte into a closed receive window, as BSD, macOS and Windows probe it",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq } = await closedWindow(lab);
    connection.send({ seq, payload: Uint8Array.of(1) });
    return {
      // Since 6.17 tcp_sequence() rejects it, because data is unread; before, tcp_data_queue() did.
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_INVALID_END_SEQUENCE",
          reasonBefore: "TCP_ZEROWINDOW",
          class: "refused",
          variant: "one-byte",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
    };
  },
};
