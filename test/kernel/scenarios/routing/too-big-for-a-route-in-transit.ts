import { ADDRESS } from "../../../../src/lab/hosts.ts";
import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

/**
 * Of IPv6 only a locked one is asked: ip6_dst_mtu_maybe_forward(), include/net/ip6_route.h. TCP sets "don't fragment"; the router answers with that MTU: net/ipv4/ip_forward.c,
 * net/ipv6/ip6_output.c.
 */
export const scenario: Scenario = {
  title: "Data of an open connection exceeds the MTU of the route behind a router",
  families: BOTH,
  paths: ["forwarded"],
  run: async ({ hosts, family, path }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    const { host } = firstReceiver(hosts, path);
    const lock = family === 4 ? [] : ["lock"];
    host.run("ip", [
      `-${family}`,
      "route",
      "change",
      ADDRESS.server[family],
      "dev",
      "rts0",
      "mtu",
      ...lock,
      "1300",
    ]);
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
