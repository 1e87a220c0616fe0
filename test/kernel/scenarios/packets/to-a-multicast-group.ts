import { CLIENT_MAC, waitFor } from "../../../../src/lab/hosts.ts";
import { addresses, ethernet, ip, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/**
 * All hosts, and all nodes: every host is a member. RFC 1112, RFC 4291, with their MAC addresses of RFC 1112
 * and RFC 2464.
 */
const GROUPS = {
  4: { text: "224.0.0.1", bytes: Uint8Array.of(224, 0, 0, 1), mac: Uint8Array.of(1, 0, 0x5e, 0, 0, 1) },
  6: {
    text: "ff02::1",
    bytes: Uint8Array.from([0xff, 2, ...new Uint8Array(13), 1]),
    mac: Uint8Array.of(0x33, 0x33, 0, 0, 0, 1),
  },
};

export const scenario: Scenario = {
  title: "A segment to a multicast group, which TCP does not serve",
  families: BOTH,
  paths: ["veth"],
  run: async ({ hosts, family }) => {
    // The kernel adds it when the other end of the cable comes up.
    const route = (): true | undefined =>
      hosts.server
        .run("ip", ["-6", "route", "show", "table", "local", "type", "multicast"])
        .includes("dev srv0") || undefined;
    await waitFor(route, "The server's route for multicast");
    const dport = hosts.newPort();
    const { text, bytes, mac } = GROUPS[family];
    const ends = { source: addresses(family).source, destination: bytes };
    hosts.injectFrames([ethernet([mac, CLIENT_MAC], ip(family, tcp(ends, { sport: 1000, dport }), ends))]);
    return {
      drops: [
        {
          ...received,
          // tcp_v4_rcv(), tcp_v6_rcv(): skb->pkt_type != PACKET_HOST, and no reason is set yet.
          reason: "NOT_SPECIFIED",
          variant: "before-socket-lookup",
          class: "loss",
          state: undefined,
          flags: ["PSH", "ACK"],
          daddr: text,
          sport: 1000,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      // Not even counted as received.
      counters: [{ host: "server", counter: "TcpInSegs", by: 0 }],
    };
  },
};
