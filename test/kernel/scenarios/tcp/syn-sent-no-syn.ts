import { connecting } from "../connecting.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { ACK, RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "Invalid answers to a SYN: an ACK without SYN, a RST without ACK, no flags",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { peer, answer, dropped } = await connecting(lab);
    peer.send({ ...answer, flags: ACK }, { ...answer, flags: RST }, { ...answer, flags: 0 });
    // tcp_rcv_synsent_state_process(), which gcc inlines into tcp_rcv_state_process()
    const drop = { ...dropped, frame: "tcp_rcv_state_process" } as const;
    return {
      drops: [
        { ...drop, reason: "TCP_FLAGS", class: "refused", flags: ["ACK"] },
        { ...drop, reason: "TCP_RESET", class: "refused", flags: ["RST"] },
        // "fifth, if neither of the SYN or RST bits is set then drop": no reason is set there.
        { ...drop, reason: "NOT_SPECIFIED", variant: "syn-sent-without-syn", class: "refused", flags: [] },
      ],
    };
  },
};
