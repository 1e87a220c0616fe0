import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/** Before ip_rcv() orphans it, the skb still has the sender's socket: no state must be shown. */
export const scenario: Scenario = {
  title: "nft drops a SYN in the ingress hook of a device",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    nftRule(host, "netdev", `filter hook ingress device ${device}`, `tcp dport ${dport} drop`);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "NETFILTER_DROP",
          variant: "nft-device-ingress",
          class: "loss",
          also: { ifname: device },
          frame: "nf_hook_slow",
        },
      ],
    };
  },
};
