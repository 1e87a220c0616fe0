import { XDP_DROP } from "../../../../src/sys/uapi.gen.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { GENERIC_XDP, runAtDevice } from "../xdp.ts";

/**
 * net/core/dev.c, netif_receive_generic_xdp(), inlined into do_xdp_generic(): XDP_DROP gives no reason; XDP
 * is for failed redirects.
 */
export const scenario: Scenario = {
  title: "A generic XDP program drops a SYN that is an skb already",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    runAtDevice(hosts, host, device, "generic", XDP_DROP);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "NOT_SPECIFIED",
          variant: "xdp-generic",
          class: "loss",
          also: { ifname: device },
          frame: GENERIC_XDP,
        },
      ],
    };
  },
};
