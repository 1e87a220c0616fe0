import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "nft drops data that an open connection sends, several wire segments in one skb",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["nft"],
  run: async ({ hosts, family, path }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${dport} drop`);
    sendBytes(client, new Uint8Array(4_000));
    vanish(client);
    return {
      drops: [
        {
          reason: "NETFILTER_DROP",
          variant: "nft-output",
          class: "loss",
          host: "client",
          direction: "tx",
          state: "ESTABLISHED",
          flags: ["PSH", "ACK"],
          sport,
          dport,
          // 4,000 bytes in segments of 1,448 or 1,428; on loopback they fit into one.
          segments: path === "loopback" ? 1 : 3,
          also: { payloadLen: 4_000 },
          frame: "nf_hook_slow",
        },
      ],
    };
  },
};
