import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { nftRule } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

/**
 * Early demux finds the connection before the hook: its state is shown, and several wire segments are one
 * skb. On loopback, the skb already has a route, so there is no early demux (net/ipv4/ip_input.c,
 * ip_rcv_finish_core()).
 */
export const scenario: Scenario = {
  title: "nft drops data above a quota, on an open connection",
  families: BOTH,
  paths: EVERY_PATH,
  needs: ["nft"],
  run: async ({ hosts, family, path }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    nftRule(hosts.server, "inet", "filter hook input", `tcp dport ${dport} quota over 1000 bytes drop`);
    sendBytes(client, new Uint8Array(4_000));
    vanish(client);
    return {
      drops: [
        {
          ...received,
          reason: "NETFILTER_DROP",
          variant: "nft-input",
          class: "loss",
          state: path === "loopback" ? undefined : "ESTABLISHED",
          flags: ["PSH", "ACK"],
          sport,
          dport,
          segments: path === "loopback" ? 1 : 3,
          frame: "nf_hook_slow",
        },
      ],
    };
  },
};
