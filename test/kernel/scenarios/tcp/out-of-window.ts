import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data far beyond the receive window of an open connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, seq: moved(next.seq, 100_000_000), flags: PSH_ACK, payload: Buffer.from("far") });
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_INVALID_SEQUENCE",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
      counters: [{ host: "server", counter: "TcpExtBeyondWindow", by: 1, since: "6.16" }],
    };
  },
};
