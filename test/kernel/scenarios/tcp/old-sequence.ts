import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A bare ACK with a sequence number far behind, as a late one or a keep-alive has",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, seq: moved(next.seq, -10) });
    return {
      // tcp_sequence(): its end is before rcv_wup. Up to 6.5 both sides of the window had one name.
      drops: [
        {
          ...dropped,
          reason: "TCP_OLD_SEQUENCE",
          variant: "keep-alive",
          reasonBefore: "TCP_INVALID_SEQUENCE",
          class: "normal",
          flags: ["ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
    };
  },
};
