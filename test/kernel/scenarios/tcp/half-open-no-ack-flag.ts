import { halfOpen } from "../handshakes.ts";
import { halfOpenVariant } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A segment without flags instead of the last ACK of a handshake",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ flags: 0 });
    return {
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          ...halfOpenVariant("half-open-without-ack", "refused", "half-open-without-ack"),
          flags: [],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
    };
  },
};
