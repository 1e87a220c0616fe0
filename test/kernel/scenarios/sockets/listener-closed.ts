import { localPort, sendBytes } from "../../../../src/sys/sockets.ts";
import { acknowledged } from "../connection.ts";
import { passiveOpens } from "../handshakes.ts";
import { hasEnded } from "../one-shot.ts";
import { BOTH, EVERY_PATH, received, resetBy, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A listener closes with an unaccepted connection that has data: data discarded, connection reset",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    const listener = hosts.listen(family, dport);
    const client = hosts.connect(family, dport);
    await passiveOpens(lab, 1);
    sendBytes(client, Buffer.from("unread"));
    await acknowledged(client);
    listener[Symbol.dispose]();
    await hasEnded(client, "ECONNRESET");
    return {
      unexplained: resetBy(lab, "server", "inet_csk_listen_stop(): whoever connected is reset"),
      drops: [
        // inet_csk_listen_stop(), tcp_disconnect()
        {
          ...received,
          reason: "QUEUE_PURGE",
          variant: "unaccepted-connection",
          class: "refused",
          state: "CLOSE",
          flags: ["PSH", "ACK"],
          sport: localPort(client),
          dport,
          frame: "tcp_disconnect",
        },
      ],
    };
  },
};
