/** What a socket sends that has lost its way: the segment has no IP header yet, and the addresses are those of the socket. */
import type { Family, Hosts } from "../../../src/lab/hosts.ts";
import { sendBytes } from "../../../src/sys/sockets.ts";
import { vanish } from "./one-shot.ts";
import type { Expected } from "./scenario.ts";
import { sentData } from "./sent.ts";

/** `change` are the words of `ip` that take the way from an open connection. IPv6 names no reason: net/ipv6/inet6_connection_sock.c. */
export async function sendWithoutRoute(hosts: Hosts, family: Family, change: readonly string[]): Promise<Expected> {
  const { client, clientPort, serverPort } = await hosts.establish(family, hosts.newPort());
  hosts.client.run("ip", [`-${family}`, ...change]);
  sendBytes(client, new Uint8Array(100));
  vanish(client);
  return {
    drops: [
      {
        ...sentData(clientPort, serverPort),
        reason: family === 4 ? "IP_OUTNOROUTES" : "NOT_SPECIFIED",
        class: "loss",
        also: { addressSource: "socket", payloadLen: 100 },
        frame: family === 4 ? "__ip_queue_xmit" : "inet6_csk_xmit",
      },
    ],
    counters: family === 4 ? [{ host: "client", counter: "IpOutNoRoutes", by: 1 }] : [],
  };
}
