import { connectTcp, localPort } from "../../../../src/sys/sockets.ts";
import { v4 } from "../martian.ts";
import { ip } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

/**
 * An MTU below 1280 disables IPv6 on the device, and then no IPv6 neighbour can be created:
 * net/ipv6/ndisc.c, ndisc_constructor(). The IPv4 route stays, net/ipv4/ip_output.c, ip_finish_output2().
 */
export const scenario: Scenario = {
  title: "The next hop of an IPv4 route is an IPv6 address, on a device without IPv6",
  families: [4],
  paths: ["veth"],
  run: ({ hosts }) => {
    const dport = hosts.newPort();
    const daddr = "198.51.100.7";
    ip(hosts.client, `route add ${daddr}/32 via inet6 fe80::1 dev cli0`, "link set cli0 mtu 1200");
    const socket = hosts.own(hosts.client.inside(() => connectTcp({ address: v4(daddr), port: dport })));
    const sport = localPort(socket);
    socket[Symbol.dispose]();
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          daddr,
          reason: "NEIGH_CREATEFAIL",
          class: "loss",
          frame: "ip_finish_output2",
        },
      ],
    };
  },
};
