import { frame } from "../../../../src/lab/packet.ts";
import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";

/** The lowest bit of the first byte makes it a group. */
const GROUP_MAC = Uint8Array.of(3, 0, 0, 0, 0, 1);

import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  tells: "A SYN comes to a bridge in a frame from a group address",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    bridge(hosts);

    hosts.injectFrames([frame(syn(family, dport), [hosts.clientMacs[0], GROUP_MAC])]);
    return {
      drops: [{ ...received, ...synDrop(dport), class: "loss", reason: "MAC_INVALID_SOURCE", frame: ["br_handle_frame", "__netif_receive_skb_one_core"] }],
    };
  },
};
