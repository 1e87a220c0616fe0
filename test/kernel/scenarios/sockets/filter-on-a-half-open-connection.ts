import { halfOpen } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { filterAll } from "../socket-filter.ts";

export const scenario: Scenario = {
  title: "A listener gets a filter that rejects everything, before the last ACK of a handshake",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { listener, connection, dropped } = await halfOpen(lab);
    filterAll(listener);
    connection.send({});
    return {
      drops: [
        {
          ...dropped,
          reason: "SOCKET_FILTER",
          class: "loss",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
    };
  },
};
