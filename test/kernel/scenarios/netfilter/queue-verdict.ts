import { QueueReader } from "../nfqueue.ts";
import { syn, synDrop } from "../one-shot.ts";
import { iptables } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A program that reads an NFQUEUE says drop",
  families: BOTH,
  paths: ["veth"],
  needs: ["iptables-legacy", "nfqueue"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    const reader = new QueueReader(hosts, hosts.server, 7);
    iptables(hosts.server, family, `-A INPUT -p tcp --dport ${dport} -j NFQUEUE --queue-num 7`);
    hosts.inject(syn(family, dport));
    reader.drop(await reader.next());
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          // nfqnl_recv_verdict(), in the context of the program
          reason: "NOT_SPECIFIED",
          variant: "nfqueue-verdict",
          class: "loss",
          frame: ["nfqnl_reinject", "nf_reinject", "nfqnl_flush"],
        },
      ],
    };
  },
};
