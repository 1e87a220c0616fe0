import { HandmadePeer } from "../handmade-peer.ts";
import { passiveOpens } from "../handshakes.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake has a valid SYN cookie, and meets a full accept queue",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { hosts, family } = lab;
    hosts.setSysctl(hosts.server, "ipv4/tcp_syncookies", "2");
    const dport = hosts.newPort();
    // With a backlog of 0 the queue takes one.
    hosts.listen(family, dport, 0);
    const peer = HandmadePeer.join(lab);
    const [first, last] = [
      await peer.begin(dport, { sport: 2001 }),
      await peer.begin(dport, { sport: 2002 }),
    ];
    first.send({});
    await passiveOpens(lab, 1);
    last.send({});
    return {
      drops: [
        {
          ...last.dropped,
          // cookie_v4_check(), where tcp_get_cookie_sock() makes no socket; no RST is sent. Up to 6.8 there
          // was no reason.
          ...(isNamed("TCP_ABORT_ON_DATA")
            ? { reason: "NO_SOCKET", variant: "syn-cookie-accept-queue-full" }
            : { reason: "NOT_SPECIFIED" }),
          class: "loss",
          state: "LISTEN",
          flags: ["ACK"],
          frame: isNamed("TCP_ABORT_ON_DATA") ? `cookie_v${family}_check` : `tcp_v${family}_do_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtListenOverflows", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 0 },
      ],
    };
  },
};
