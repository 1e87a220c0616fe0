import { closedWindow } from "../closed-window.ts";
import { moved } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data arrives a second time while the receive window is closed",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq } = await closedWindow(lab);
    connection.send({ seq: moved(seq, -10), flags: PSH_ACK, payload: new Uint8Array(10) });
    return {
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_OLD_DATA",
          class: "duplicate",
          variant: "window-closed",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
    };
  },
};
