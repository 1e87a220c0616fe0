import { EARLY, fastOpened } from "../fast-open.ts";
import { PEER_ISN } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";

export const scenario: Scenario = {
  title: "The SYN of a TCP Fast Open connection arrives again",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await fastOpened(lab);
    connection.send({ seq: PEER_ISN, ack: 0, flags: SYN, payload: EARLY });
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_FASTOPEN",
          variant: "syn-again",
          class: "duplicate",
          flags: ["SYN"],
          frame: "tcp_rcv_state_process",
        },
      ],
    };
  },
};
