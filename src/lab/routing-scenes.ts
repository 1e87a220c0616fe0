/** Scenes in which routing drops the segment. */
import { SOL_TCP, TCP_REPAIR } from "../sys/macros.ts";
import { sendBytes, setOption } from "../sys/sockets.ts";
import { ADDRESS, type Family } from "./hosts.ts";
import { HELLO, NO_STACK_PORT, type Scene, serverDrops } from "./scene.ts";
import { SYN, segmentToServer } from "./segments.ts";

export const reversePath: Scene = {
  name: "rp-filter",
  title: "A SYN arrives on a device that does not lead back to its source (strict rp_filter)",
  run: (hosts) => {
    hosts.setSysctl(hosts.server, "ipv4/conf/srv0/rp_filter", "1");
    const dport = hosts.newPort();
    hosts.inject({
      ...segmentToServer(4, NO_STACK_PORT, dport),
      source: Uint8Array.of(198, 51, 100, 7),
      seq: 1,
      flags: SYN,
    });
    return Promise.resolve({
      ...serverDrops(4),
      saddr: "198.51.100.7",
      reason: "IP_RPFILTER",
      flags: ["SYN"],
      state: undefined,
      frame: "ip_rcv_finish_core",
      sport: NO_STACK_PORT,
      dport,
    });
  },
};

export const expiredInTransit: Scene = {
  name: "ttl-forwarded",
  title: "The server forwards a SYN, whose TTL expires",
  run: (hosts) => {
    hosts.setSysctl(hosts.server, "ipv4/conf/all/forwarding", "1");
    hosts.server.run("ip", ["route", "replace", "203.0.113.0/24", "via", ADDRESS.client[4], "dev", "srv0"]);
    const dport = hosts.newPort();
    hosts.inject({
      ...segmentToServer(4, NO_STACK_PORT, dport),
      destination: Uint8Array.of(203, 0, 113, 7),
      seq: 1,
      flags: SYN,
      ttl: 1,
    });
    return Promise.resolve({
      ...serverDrops(4),
      daddr: "203.0.113.7",
      reason: "IP_INHDR",
      direction: "forwarded",
      flags: ["SYN"],
      state: undefined,
      frame: "ip_forward",
      sport: NO_STACK_PORT,
      dport,
    });
  },
};

export const routeLost = (family: Family): Scene => ({
  name: `route-lost-v${family}`,
  title: `The client's route is removed under an open connection (IPv${family})`,
  run: async (hosts) => {
    const dport = hosts.newPort();
    const { client, clientPort } = await hosts.establish(family, dport);
    const network =
      family === 4
        ? ["route", "del", "192.0.2.0/24", "dev", "cli0"]
        : ["-6", "route", "del", "2001:db8::/64", "dev", "cli0"];
    hosts.client.run("ip", network);
    sendBytes(client, HELLO);
    // In repair mode, close() sends nothing (__tcp_close()). An open connection would retransmit after
    // TCP_RTO_MIN, 200 ms: a second drop, if the route is not back yet.
    setOption(client, SOL_TCP, TCP_REPAIR, 1);
    client[Symbol.dispose]();
    hosts.client.run(
      "ip",
      network.map((word) => (word === "del" ? "add" : word)),
    );
    return {
      ...serverDrops(family),
      host: "client",
      reason: family === 4 ? "IP_OUTNOROUTES" : "NOT_SPECIFIED",
      direction: "tx",
      flags: ["PSH", "ACK"],
      state: "ESTABLISHED",
      frame: family === 4 ? "__ip_queue_xmit" : "inet6_csk_xmit",
      sport: clientPort,
      dport,
    };
  },
});
