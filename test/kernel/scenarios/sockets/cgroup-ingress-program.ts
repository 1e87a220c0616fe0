import { cgroupThatDrops } from "../cgroup-programs.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN to a listener in a cgroup whose BPF program blocks all ingress",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["cgroup2"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    cgroupThatDrops(hosts, "ingress").inside(() => hosts.listen(family, dport));
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
    };
  },
};
