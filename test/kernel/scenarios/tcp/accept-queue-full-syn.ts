import { passiveOpens } from "../handshakes.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN meets a full accept queue",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    // With a backlog of 0 the queue takes one.
    hosts.listen(family, dport, 0);
    hosts.connect(family, dport);
    await passiveOpens(lab, 1);
    hosts.inject({ ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags: SYN });
    return {
      // Refused without kfree_skb: tcp_conn_request() counts it, and tcp_rcv_state_process() frees the SYN as
      // consumed.
      drops: [],
      refused: [{ host: "server", dport, cause: "ACCEPT_QUEUE_FULL", count: 1 }],
      counters: [
        { host: "server", counter: "TcpExtListenOverflows", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 1 },
      ],
    };
  },
};
