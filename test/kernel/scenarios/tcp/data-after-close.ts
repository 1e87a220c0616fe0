import { SOL_TCP, TCP_LINGER2 } from "../../../../src/sys/macros.ts";
import { sendBytes, setOption } from "../../../../src/sys/sockets.ts";
import { open } from "../connection.ts";
import { hasEnded } from "../one-shot.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";

/**
 * More than TCP_TIMEWAIT_LEN (60 s): the socket stays a full socket in FIN_WAIT2, whether or not the FIN is
 * acknowledged before the data arrives.
 */
const LINGER_S = 120;

export const scenario: Scenario = {
  title: "The client sends data after the server has closed",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, server, dropped } = await open(lab);
    setOption(server, SOL_TCP, TCP_LINGER2, LINGER_S);
    server[Symbol.dispose]();
    sendBytes(client, Buffer.from("hello"));
    await hasEnded(client, "EPIPE");
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_ABORT_ON_DATA",
          class: "refused",
          state: "CLOSE",
          flags: ["PSH", "ACK"],
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
