import { inject, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";
import { filterAll } from "../socket-filter.ts";

export const scenario: Scenario = {
  title: "Data on a connection whose socket filter rejects everything",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { server, next, dropped } = await open(lab);
    filterAll(server);
    inject(lab, { ...next, flags: PSH_ACK, payload: Buffer.from("hello") });
    return {
      drops: [
        {
          ...dropped,
          reason: "SOCKET_FILTER",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
    };
  },
};
