import { frame } from "../../../../src/lab/packet.ts";
import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";

/** The lowest bit of the first byte makes it a group address. */
const GROUP_MAC = Uint8Array.of(3, 0, 0, 0, 0, 1);

import { isNamed } from "../reasons.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

/**
 * The name came with VXLAN: 6.12 has it, but its bridge gives no reasons. The bridge's own names came with
 * its reasons.
 */
const reason = isNamed("BRIDGE_INGRESS_STP_STATE") ? "MAC_INVALID_SOURCE" : "NOT_SPECIFIED";

export const scenario: Scenario = {
  title: "A SYN arrives at a bridge in a frame from a group address",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    await bridge(hosts);

    hosts.injectFrames([frame(syn(family, dport), [hosts.clientMacs[0], GROUP_MAC])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          class: "loss",
          reason,
          frame: ["br_handle_frame", "__netif_receive_skb_one_core"],
        },
      ],
    };
  },
};
