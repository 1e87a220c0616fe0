import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, ip, tc } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/** net/sched/act_mirred.c, tcf_mirred_to_dev(): a failed redirect is a drop by the classifier. */
export const scenario: Scenario = {
  title: "A SYN is redirected to a device that is down",
  families: BOTH,
  paths: ["veth"],
  needs: ["mirred"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    ip(host, "link add down0 type veth peer name down1");
    tc(
      host,
      `qdisc add dev ${device} clsact`,
      `filter add dev ${device} ingress u32 match u32 0 0 action mirred egress redirect dev down0`,
    );
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "TC_INGRESS",
          class: "loss",
          frame: "__netif_receive_skb_one_core",
        },
      ],
    };
  },
};
