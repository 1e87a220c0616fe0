import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data that acknowledges bytes from before the connection began",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, ack: moved(next.ack, -1000), flags: PSH_ACK, payload: Buffer.from("blind") });
    return {
      // tcp_ack(), RFC 5961, 5.2. tcp_rcv_established() drops by a tail call, so that it leaves no frame.
      drops: [
        {
          ...dropped,
          reason: "TCP_TOO_OLD_ACK",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPChallengeACK", by: 1 }],
    };
  },
};
