import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { BOTH, type Scenario } from "../scenario.ts";

const NETWORK = { 4: "192.0.2.0/24", 6: "2001:db8::/64" } as const;

/** The segment has no IP header yet: the addresses are those of the socket. IPv6 names no reason: net/ipv6/inet6_connection_sock.c. */
export const scenario: Scenario = {
  tells: "The route vanishes under an open connection of the client",
  families: BOTH,
  paths: ["veth"],
  run: async ({ hosts, family }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    hosts.client.run("ip", [`-${family}`, ...["route", "del", NETWORK[family], "dev", "cli0"]]);
    sendBytes(client, new Uint8Array(100));
    vanish(client);
    return {
      drops: [
        {
          host: "client",
          direction: "tx",
          reason: family === 4 ? "IP_OUTNOROUTES" : "NOT_SPECIFIED",
          class: "loss",
          state: "ESTABLISHED",
          flags: ["PSH", "ACK"],
          sport,
          dport,
          also: { addressSource: "socket", payloadLen: 100 },
          frame: family === 4 ? "__ip_queue_xmit" : "inet6_csk_xmit",
        },
      ],
      counters: family === 4 ? [{ host: "client", counter: "IpOutNoRoutes", by: 1 }] : [],
    };
  },
};
