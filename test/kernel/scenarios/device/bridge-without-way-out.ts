import { STRANGER_MAC } from "../../../../src/lab/hosts.ts";
import { frame } from "../../../../src/lab/packet.ts";
import { bridge } from "../bridged.ts";
import { syn, synDrop } from "../one-shot.ts";
import { since } from "../reasons.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A bridge has no port to flood a SYN for an unknown destination to",
  families: BOTH,
  paths: ["veth"],
  needs: ["bridge"],
  run: async ({ hosts, family }) => {
    const dport = hosts.newPort();
    await bridge(hosts);
    hosts.server.run("bridge", ["link", "set", "dev", "far0", "flood", "off"]);
    hosts.injectFrames([frame(syn(family, dport), [STRANGER_MAC, hosts.clientMacs[1]])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          class: "loss",
          reason: since("BRIDGE_INGRESS_STP_STATE", "NO_TX_TARGET", "NOT_SPECIFIED"),
          frame: ["br_flood", "br_handle_frame_finish"],
        },
      ],
    };
  },
};
