import { syn, synDrop } from "../one-shot.ts";
import { iptables } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/** Nobody reads queue 7: net/netfilter/nf_queue.c, nf_queue(), frees it without a reason. */
export const scenario: Scenario = {
  title: "A rule queues a SYN to a program (NFQUEUE) that does not run",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["iptables-legacy", "nfqueue"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    iptables(hosts.server, family, `-A INPUT -p tcp --dport ${dport} -j NFQUEUE --queue-num 7`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "NOT_SPECIFIED",
          variant: "nfqueue-not-queued",
          class: "loss",
          frame: "nf_hook_slow",
        },
      ],
    };
  },
};
