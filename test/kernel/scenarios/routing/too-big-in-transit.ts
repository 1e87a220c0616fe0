import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { firstReceiver, ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

/**
 * TCP sets "don't fragment"; the router answers with the MTU that it has: net/ipv4/ip_forward.c,
 * net/ipv6/ip6_output.c.
 */
export const scenario: Scenario = {
  title: "Data of an open connection exceeds the MTU behind a router",
  families: BOTH,
  paths: ["forwarded"],
  run: async ({ hosts, family, path }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    ip(firstReceiver(hosts, path).host, "link set rts0 mtu 1300");
    sendBytes(client, new Uint8Array(1_400));
    vanish(client);
    return {
      drops: [
        {
          host: "router",
          direction: "forwarded",
          reason: "PKT_TOO_BIG",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          sport,
          dport,
          also: { payloadLen: 1_400, ...THROUGH_ROUTER, mtu: 1_300 },
          frame: family === 4 ? "ip_forward" : "ip6_forward",
        },
      ],
      counters:
        family === 4
          ? [{ host: "router", counter: "IpFragFails", by: 1 }]
          : [
              { host: "router", counter: "Ip6InTooBigErrors", by: 1 },
              { host: "router", counter: "Ip6FragFails", by: 1 },
            ],
    };
  },
};
