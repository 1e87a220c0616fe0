import { connectOnce } from "../one-shot.ts";
import { firstReceiver, nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/**
 * veth passes on the skb with its owner: state and namespace of a socket would be the client's, SYN_SENT.
 */
export const scenario: Scenario = {
  title: "nft drops at ingress what a local client sent; the skb still has the client's socket",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    nftRule(host, "netdev", `filter hook ingress device ${device}`, `tcp dport ${dport} drop`);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...received,
          host: transit,
          state: undefined,
          flags: ["SYN"],
          sport,
          dport,
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
