import { listenTcp } from "../../../../src/sys/sockets.ts";
import { ethernet, ip, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";

const BROADCAST = Uint8Array.of(192, 0, 2, 255);

export const scenario: Scenario = {
  title: "A SYN to the broadcast address, with a listener on the wildcard address",
  families: [4],
  paths: ["veth"],
  counted: true,
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.own(hosts.server.inside(() => listenTcp({ address: new Uint8Array(4), port: dport }, 16)));
    const addresses = {
      source: segmentToServer(family, NO_STACK_PORT, dport).source,
      destination: BROADCAST,
    };
    const packet = ip(family, tcp(addresses, { sport: NO_STACK_PORT, dport, ack: 0, flags: SYN }), addresses);
    hosts.injectFrames([ethernet(hosts.clientMacs, packet)]);
    return {
      // Refused without kfree_skb: tcp_v4_conn_request() counts it, and the SYN is freed as consumed.
      drops: [],
      refused: [{ host: "server", dport, cause: "LISTEN_DROP", count: 1 }],
      counters: [{ host: "server", counter: "TcpExtListenDrops", by: 1 }],
    };
  },
};
