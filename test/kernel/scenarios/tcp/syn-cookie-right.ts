import { halfOpen, passiveOpens } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Not a drop: a handshake with a SYN cookie",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    lab.hosts.setSysctl(lab.hosts.server, "ipv4/tcp_syncookies", "2");
    const { connection } = await halfOpen(lab);
    connection.send({});
    await passiveOpens(lab, 1);
    return {
      drops: [],
      counters: [
        { host: "server", counter: "TcpExtSyncookiesSent", by: 1 },
        { host: "server", counter: "TcpExtSyncookiesRecv", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 0 },
      ],
    };
  },
};
