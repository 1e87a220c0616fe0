import { waitFor } from "../../../../src/lab/hosts.ts";
import { addresses, ethernet, ip, tcp } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/**
 * All hosts, and all nodes: every host is a member. RFC 1112, RFC 4291.
 */
const GROUPS = {
  4: { text: "224.0.0.1", bytes: Uint8Array.of(224, 0, 0, 1) },
  6: {
    text: "ff02::1",
    bytes: Uint8Array.from([0xff, 2, ...new Uint8Array(13), 1]),
  },
};

export const scenario: Scenario = {
  title: "A segment to a multicast group in a frame to this host: no socket, and no RST",
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
    const { text, bytes } = GROUPS[family];
    const ends = { source: addresses(family).source, destination: bytes };
    hosts.injectFrames([ethernet(hosts.clientMacs, ip(family, tcp(ends, { sport: 1000, dport }), ends))]);
    return {
      drops: [
        {
          ...received,
          // tcp_v4_send_reset(), rt_type != RTN_LOCAL; tcp_v6_send_reset(), ipv6_unicast_destination()
          reason: "NO_SOCKET",
          variant: "not-unicast",
          class: "refused",
          state: undefined,
          flags: ["PSH", "ACK"],
          daddr: text,
          sport: 1000,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 0 }],
    };
  },
};
