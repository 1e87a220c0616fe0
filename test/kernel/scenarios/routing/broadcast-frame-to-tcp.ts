import { frame } from "../../../../src/lab/packet.ts";
import { syn, synDrop } from "../one-shot.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

const BROADCAST_MAC = new Uint8Array(6).fill(0xff);

/** net/ipv4/tcp_ipv4.c, tcp_v4_rcv(): `if (skb->pkt_type != PACKET_HOST) goto discard_it`; IPv6 the same. */
export const scenario: Scenario = {
  title: "A SYN reaches TCP in a broadcast frame",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.listen(family, dport);
    hosts.injectFrames([frame(syn(family, dport), [BROADCAST_MAC, hosts.clientMacs[1]])]);
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          reason: "NOT_SPECIFIED",
          variant: "before-socket-lookup",
          class: "loss",
          frame: `tcp_v${family}_rcv`,
        },
      ],
    };
  },
};
