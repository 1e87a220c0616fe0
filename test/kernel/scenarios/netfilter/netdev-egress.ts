import { connectOnce } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";

export const scenario: Scenario = {
  title: "nft drops a SYN in the egress hook of a device",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["nft-egress"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const device = hosts.clientDevice;
    nftRule(hosts.client, "netdev", `filter hook egress device ${device}`, `tcp dport ${dport} drop`);
    const sport = connectOnce(hosts, family, dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          reason: "NETFILTER_DROP",
          variant: "nft-device-egress",
          class: "loss",
          also: { ifname: device },
          frame: "__dev_queue_xmit",
        },
      ],
    };
  },
};
