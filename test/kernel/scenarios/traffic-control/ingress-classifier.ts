import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, tcDrop } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/** net/core/dev.c, sch_handle_ingress(), which is inlined into __netif_receive_skb_core(). */
export const scenario: Scenario = {
  title: "A tc classifier at ingress drops a SYN",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["cls_bpf"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    tcDrop(host, device, "ingress");
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "TC_INGRESS",
          class: "loss",
          also: { ifname: device },
          frame: "__netif_receive_skb_one_core",
        },
      ],
    };
  },
};
