import { setOption } from "../../../../src/sys/sockets.ts";
import { SO_LINGER, SOL_SOCKET } from "../../../lab/macros.ts";
import { open } from "../connection.ts";
import { hasEnded } from "../one-shot.ts";
import { BOTH, EVERY_PATH, resetBy, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Not a drop: the client closes with SO_LINGER 0, and its RST is accepted",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, server } = await open(lab);
    // struct linger: on, for 0 seconds
    setOption(client, SOL_SOCKET, SO_LINGER, new Uint8Array(Int32Array.of(1, 0).buffer));
    client[Symbol.dispose]();
    await hasEnded(server, "ECONNRESET");
    return {
      drops: [],
      unexplained: resetBy(lab, "client", "tcp_disconnect(): SO_LINGER 0 resets the connection"),
      counters: [
        { host: "client", counter: "TcpOutRsts", by: 1 },
        { host: "server", counter: "TcpEstabResets", by: lab.path === "loopback" ? 2 : 1 },
      ],
    };
  },
};
