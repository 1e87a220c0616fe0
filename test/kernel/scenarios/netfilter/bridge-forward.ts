import { STRANGER_MAC } from "../../../../src/lab/hosts.ts";
import { frame } from "../../../../src/lab/packet.ts";
import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft on a bridge drops a SYN in the forward hook",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge", "nft"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    await bridge(hosts);
    nftRule(hosts.server, "bridge", "filter hook forward", `tcp dport ${dport} drop`);
    hosts.injectFrames([frame(syn(family, dport), [STRANGER_MAC, hosts.clientMacs[1]])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          class: "loss",
          reason: "NETFILTER_DROP",
          variant: "nft-bridge-forward",
          frame: "br_handle_frame",
        },
      ],
    };
  },
};
