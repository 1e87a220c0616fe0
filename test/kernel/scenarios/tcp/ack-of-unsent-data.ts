import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data that acknowledges bytes that were never sent",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, ack: moved(next.ack, 1000), flags: PSH_ACK, payload: Buffer.from("blind") });
    return {
      // tcp_ack(). tcp_rcv_established() drops by a tail call, so that it leaves no frame.
      drops: [
        {
          ...dropped,
          reason: "TCP_ACK_UNSENT_DATA",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      // Some kernels answer it with a challenge ACK, as in RFC 5961, others do not answer.
      counters: [{ host: "server", counter: "TcpExtTCPChallengeACK", by: [0, 1] }],
    };
  },
};
