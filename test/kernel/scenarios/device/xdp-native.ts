import { XDP_DROP } from "../../../../src/sys/uapi.gen.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { runAtDevice } from "../xdp.ts";

/**
 * A NIC runs the program before there is an skb, and then the drop cannot be shown. Over veth there is an skb
 * already, which is freed without a reason and before it is marked as received: drivers/net/veth.c,
 * veth_xdp_rcv_skb().
 */
export const scenario: Scenario = {
  title: "A native XDP program of a veth device drops a SYN",
  families: BOTH,
  paths: ["veth", "forwarded"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    runAtDevice(hosts, host, device, "native", XDP_DROP);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          direction: "unknown",
          host: transit,
          reason: "NOT_SPECIFIED",
          class: "loss",
          frame: "veth_poll",
        },
      ],
    };
  },
};
