import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";

/** Kept free: less than a quarter of 4. */
const MAX_SYN_BACKLOG = 4;

export const scenario: Scenario = {
  title: "SYN cookies off: the last quarter of tcp_max_syn_backlog is kept for known peers",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { hosts, family } = lab;
    hosts.setSysctl(hosts.server, "ipv4/tcp_syncookies", "0");
    hosts.setSysctl(hosts.server, "ipv4/tcp_max_syn_backlog", String(MAX_SYN_BACKLOG));
    const dport = hosts.newPort();
    hosts.listen(family, dport, 128);
    const peer = HandmadePeer.join(lab);
    for (let index = 0; index < MAX_SYN_BACKLOG; index += 1) await peer.begin(dport, { sport: 2000 + index });
    peer.send({ sport: 3000, dport, ack: 0, flags: SYN });
    return {
      // Refused without kfree_skb: tcp_conn_request(), "last quarter", counts it, and the SYN is freed as
      // consumed.
      drops: [],
      refused: [{ host: "server", dport, cause: "LISTEN_DROP", count: 1 }],
      counters: [{ host: "server", counter: "TcpExtListenDrops", by: 1 }],
    };
  },
};
