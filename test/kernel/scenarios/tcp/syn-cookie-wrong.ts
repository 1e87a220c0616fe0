import { moved } from "../connection.ts";
import { halfOpen, senselessToListener } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake has an invalid SYN cookie",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    lab.hosts.setSysctl(lab.hosts.server, "ipv4/tcp_syncookies", "2");
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ ack: moved(connection.ack, 1000) });
    return {
      // cookie_v4_check() counts, and passes the ACK to the listener, for which it is invalid.
      drops: [{ ...dropped, ...senselessToListener(lab), flags: ["ACK"] }],
      counters: [
        { host: "server", counter: "TcpExtSyncookiesFailed", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
    };
  },
};
