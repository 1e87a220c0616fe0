import { connecting } from "../connecting.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN } from "../segments.ts";

export const scenario: Scenario = {
  title: "A FIN without ACK instead of a SYN-ACK",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { peer, answer, dropped } = await connecting(lab);
    peer.send({ ...answer, flags: FIN });
    return {
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          class: "refused",
          variant: "syn-sent-without-syn",
          flags: ["FIN"],
          frame: "tcp_rcv_state_process",
        },
      ],
    };
  },
};
