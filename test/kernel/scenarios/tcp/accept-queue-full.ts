import { halfOpenAtFullQueue } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake meets a full accept queue",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const last = await halfOpenAtFullQueue(lab);
    last.send({});
    return {
      drops: [
        {
          ...last.dropped,
          reason: "TCP_LISTEN_OVERFLOW",
          class: "loss",
          state: "LISTEN",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtListenOverflows", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 1 },
      ],
    };
  },
};
