import { halfOpen } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { timestamps } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake echoes a timestamp that was not sent",
  families: BOTH,
  paths: ["veth"],
  // Before, such an ACK completed the handshake.
  needs: ["reason TCP_RFC7323_TSECR"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab, undefined, { options: timestamps(1_000_000) });
    connection.send({ options: timestamps(1_000_001, 1) });
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_RFC7323_TSECR",
          class: "loss",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTSEcrRejected", by: 1 }],
    };
  },
};
