import { inject, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";

const PSH = 0x08;

export const scenario: Scenario = {
  title: "Segments without ACK, SYN or RST on an open connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, flags: 0 }, { ...next, flags: PSH, payload: Buffer.from("x") });
    // tcp_rcv_established() drops by a tail call, so that it leaves no frame.
    const drop = {
      ...dropped,
      reason: "TCP_FLAGS",
      class: "refused",
      frame: `tcp_v${lab.family}_do_rcv`,
    } as const;
    return {
      drops: [
        { ...drop, flags: [] },
        { ...drop, flags: ["PSH"] },
      ],
    };
  },
};
