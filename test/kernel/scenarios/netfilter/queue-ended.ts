import { QueueReader } from "../nfqueue.ts";
import { syn, synDrop } from "../one-shot.ts";
import { iptables } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A program that reads an NFQUEUE ends while a SYN waits for its verdict",
  families: BOTH,
  paths: ["veth"],
  needs: ["iptables-legacy", "nfqueue"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    const reader = new QueueReader(hosts, hosts.server, 7);
    iptables(hosts.server, family, `-A INPUT -p tcp --dport ${dport} -j NFQUEUE --queue-num 7`);
    hosts.inject(syn(family, dport));
    await reader.next();
    reader.close();
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          // nfqnl_rcv_nl_event(), instance_destroy_rcu(), nfqnl_flush()
          reason: "NOT_SPECIFIED",
          variant: "nfqueue-ended",
          class: "loss",
          frame: ["nfqnl_reinject", "nf_reinject", "nfqnl_flush"],
        },
      ],
    };
  },
};
