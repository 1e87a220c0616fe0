import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";
import { filterAll } from "../socket-filter.ts";

export const scenario: Scenario = {
  title: "A SYN to a listener whose socket filter rejects everything",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    filterAll(hosts.listen(family, dport));
    hosts.inject({ ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags: SYN });
    return {
      // sk_filter_trim_cap(), called by tcp_v4_rcv() and tcp_v6_rcv()
      drops: [
        {
          ...received,
          reason: "SOCKET_FILTER",
          class: "loss",
          state: "LISTEN",
          flags: ["SYN"],
          sport: NO_STACK_PORT,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtListenDrops", by: 0 }],
    };
  },
};
