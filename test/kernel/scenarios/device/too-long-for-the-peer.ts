import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentData } from "../sent.ts";

/**
 * net/core/dev.c, __dev_forward_skb2(): the receiving end of a veth pair rejects frames above its MTU, and
 * the sender drops them.
 */
export const scenario: Scenario = {
  title: "A segment exceeds the MTU at the other end of the cable",
  families: BOTH,
  paths: ["veth"],
  run: async ({ hosts, family }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    ip(hosts.server, "link set srv0 mtu 1300");
    sendBytes(client, new Uint8Array(1_400));
    vanish(client);
    return {
      drops: [
        {
          ...sentData(sport, dport),
          reason: "NOT_SPECIFIED",
          class: "loss",
          also: { payloadLen: 1_400, ifname: "cli0" },
          frame: "dev_hard_start_xmit",
        },
      ],
    };
  },
};
