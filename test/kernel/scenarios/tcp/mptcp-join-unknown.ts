import { addressBytes, SERVER } from "../../../../src/lab/hosts.ts";
import { listenTcp } from "../../../../src/sys/sockets.ts";
import { IPPROTO_MPTCP } from "../../../lab/macros.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN } from "../segments.ts";
import { multipathJoin } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN that would join an MPTCP connection that does not exist",
  families: BOTH,
  paths: ["veth"],
  needs: ["mptcp"],
  run: (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    hosts.own(
      hosts.server.inside(() =>
        listenTcp({ address: addressBytes(family, SERVER), port: dport }, 16, IPPROTO_MPTCP),
      ),
    );
    HandmadePeer.join(lab).send({
      sport: NO_STACK_PORT,
      dport,
      ack: 0,
      flags: SYN,
      options: multipathJoin(0x0102_0304),
    });
    return {
      // Refused without kfree_skb: subflow_v4_route_req() resets, tcp_conn_request() counts, and the SYN is
      // freed as consumed.
      drops: [],
      refused: [{ host: "server", dport, cause: "LISTEN_DROP", count: 1 }],
      unexplained: [
        {
          host: "server",
          counter: "TcpOutRsts",
          why: "subflow_v4_route_req(): a refused join is reset, without an event",
        },
      ],
      counters: [
        { host: "server", counter: "MPTcpExtMPJoinNoTokenFound", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
    };
  },
};
