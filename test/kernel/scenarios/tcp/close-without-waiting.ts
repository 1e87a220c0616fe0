import { SOL_TCP, TCP_LINGER2 } from "../../../../src/sys/macros.ts";
import { setOption } from "../../../../src/sys/sockets.ts";
import { closing } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "With TCP_LINGER2 below 0, the ACK of the FIN ends the connection and is answered with a RST",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack } = await closing(lab, (server) => setOption(server, SOL_TCP, TCP_LINGER2, -1));
    connection.send({ ack });
    return {
      drops: [
        {
          ...connection.dropped,
          reason: "TCP_ABORT_ON_DATA",
          class: "refused",
          state: "CLOSE",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtTCPAbortOnData", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
    };
  },
};
