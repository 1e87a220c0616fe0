import { ADDRESS } from "../../../../src/lab/hosts.ts";
import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** The segment has no IP header yet: the addresses are those of the socket. IPv6 names no reason: net/ipv6/inet6_connection_sock.c. */
export const scenario: Scenario = {
  tells: "A blackhole route covers the peer of an open connection",
  families: BOTH,
  paths: ["veth"],
  run: async ({ hosts, family }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    hosts.client.run("ip", [`-${family}`, ...["route", "add", "blackhole", `${ADDRESS.server[family]}/${family === 4 ? 32 : 128}`]]);
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
