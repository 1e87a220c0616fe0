import { closedWindow } from "../closed-window.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "The last byte again, now with FIN, into a closed receive window",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq } = await closedWindow(lab);
    connection.send({ seq: seq - 1, flags: FIN_ACK, payload: Buffer.from("x") });
    return {
      // tcp_sequence() accepts a FIN beyond the window; tcp_data_queue(), "If window is closed, drop tail
      // of packet"
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_ZEROWINDOW",
          class: "loss",
          flags: ["FIN", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPZeroWindowDrop", by: 1 }],
    };
  },
};
