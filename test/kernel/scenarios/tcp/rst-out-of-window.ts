import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "RSTs before and beyond the receive window; nothing answers them",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    const [before, beyond] = [moved(next.seq, -1000), moved(next.seq, 100_000_000)];
    inject(lab, { ...next, seq: before, flags: RST }, { ...next, seq: beyond, flags: RST });
    const rst = { ...dropped, flags: ["RST"], frame: "tcp_validate_incoming" } as const;
    return {
      drops: [
        {
          ...rst,
          reason: "TCP_OLD_SEQUENCE",
          variant: "rst",
          reasonBefore: "TCP_INVALID_SEQUENCE",
          class: "refused",
          also: { seq: before },
        },
        { ...rst, reason: "TCP_INVALID_SEQUENCE", variant: "rst", class: "refused", also: { seq: beyond } },
      ],
    };
  },
};
