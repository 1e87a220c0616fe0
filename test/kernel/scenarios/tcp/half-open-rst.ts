import { halfOpen } from "../handshakes.ts";
import { halfOpenVariant } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "A RST instead of the last ACK of a handshake: processed, and freed as if dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ flags: RST });
    return {
      // tcp_check_req(), embryonic_reset
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          ...halfOpenVariant("half-open-rst", "normal"),
          flags: ["RST"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtEmbryonicRsts", by: 1 },
        { host: "server", counter: "TcpAttemptFails", by: 1 },
      ],
    };
  },
};
