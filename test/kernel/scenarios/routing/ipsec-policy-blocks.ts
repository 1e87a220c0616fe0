import { policy } from "../ipsec.ts";
import { syn, synDrop } from "../one-shot.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/** TCP checks the policy after it has found the socket: net/ipv4/tcp_ipv4.c, tcp_v4_rcv(). */
export const scenario: Scenario = {
  title: "An inbound IPsec policy blocks a SYN",
  families: BOTH,
  paths: ["veth"],
  needs: ["xfrm"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.listen(family, dport);
    policy(hosts.server, family, "in", "block");
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          state: "LISTEN",
          reason: "XFRM_POLICY",
          class: "loss",
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "XfrmInPolBlock", by: 1 }],
    };
  },
};
