import { waitFor } from "../../../../src/lab/hosts.ts";
import { peekBytes, sendBytes } from "../../../../src/sys/sockets.ts";
import { open } from "../connection.ts";
import { hasEnded } from "../one-shot.ts";
import { BOTH, EVERY_PATH, resetBy, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Not a drop: the server closes with unread data, and resets the connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, server } = await open(lab);
    sendBytes(client, Buffer.from("unread"));
    await waitFor(() => peekBytes(server, 100), "The data");
    server[Symbol.dispose]();
    await hasEnded(client, "ECONNRESET");
    // __tcp_close() frees queued data with __kfree_skb(), which has no event.
    return {
      drops: [],
      counters: [{ host: "server", counter: "TcpExtTCPAbortOnClose", by: 1 }],
      unexplained: resetBy(lab, "server", "tcp_close(): data was unread, so the connection is reset"),
    };
  },
};
