import { cgroupThatDrops } from "../cgroup-programs.ts";
import { connectOnce } from "../one-shot.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN from a cgroup whose BPF program blocks all egress",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["cgroup2"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const sport = cgroupThatDrops(hosts, "egress").inside(() => connectOnce(hosts, family, dport));
    return {
      drops: [
        {
          host: "client",
          direction: "tx",
          reason: "BPF_CGROUP_EGRESS",
          class: "loss",
          state: "SYN_SENT",
          flags: ["SYN"],
          sport,
          dport,
          frame: family === 4 ? ["ip_finish_output", "ip_output"] : ["ip6_finish_output", "ip6_output"],
        },
      ],
    };
  },
};
