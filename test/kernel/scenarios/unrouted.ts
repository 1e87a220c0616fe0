/**
 * Segments of a socket that has lost its route: they have no IP header yet, and the addresses are the
 * socket's.
 */
import type { Family, Hosts } from "../../../src/lab/hosts.ts";
import { sendBytes } from "../../../src/sys/sockets.ts";
import { vanish } from "./one-shot.ts";
import type { Expected } from "./scenario.ts";
import { sentData } from "./sent.ts";

/**
 * Few bytes, so that they always fit one segment: a removed route may have the blackhole device, whose MTU of
 * 68 leaves 36 bytes for a segment (dst_dev_put(), net/core/dst.c; drivers/net/loopback.c,
 * blackhole_netdev_setup()).
 */
const BYTES = 20;

/**
 * `change`: the arguments of `ip` that remove the route of an open connection. IPv6 gives no reason:
 * net/ipv6/inet6_connection_sock.c.
 */
export async function sendWithoutRoute(
  hosts: Hosts,
  family: Family,
  change: readonly string[],
): Promise<Expected> {
  const { client, clientPort, serverPort } = await hosts.establish(family, hosts.newPort());
  hosts.client.run("ip", [`-${family}`, ...change]);
  sendBytes(client, new Uint8Array(BYTES));
  vanish(client);
  return {
    drops: [
      {
        ...sentData(clientPort, serverPort),
        reason: family === 4 ? "IP_OUTNOROUTES" : "NOT_SPECIFIED",
        ...(family === 4 ? {} : { variant: "no-ipv6-route" }),
        class: "loss",
        also: { addressSource: "socket", payloadLen: BYTES },
        frame: family === 4 ? "__ip_queue_xmit" : "inet6_csk_xmit",
      },
    ],
    counters: family === 4 ? [{ host: "client", counter: "IpOutNoRoutes", by: 1 }] : [],
  };
}
