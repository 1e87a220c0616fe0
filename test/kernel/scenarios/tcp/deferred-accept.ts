import { SOL_TCP } from "../../../../src/sys/macros.ts";
import { setOption } from "../../../../src/sys/sockets.ts";
import { TCP_DEFER_ACCEPT } from "../../../lab/macros.ts";
import { halfOpen } from "../handshakes.ts";
import { halfOpenVariant } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A listener with TCP_DEFER_ACCEPT ignores the last ACK of a handshake and waits for data",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab, (listener) =>
      setOption(listener, SOL_TCP, TCP_DEFER_ACCEPT, 5),
    );
    connection.send({});
    return {
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          ...halfOpenVariant("deferred-accept", "normal", "last-ack"),
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPDeferAcceptDrop", by: 1 }],
    };
  },
};
