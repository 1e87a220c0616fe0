import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "A RST inside the receive window that is not exact: guessed, or late",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, seq: moved(next.seq, 10), flags: RST });
    return {
      // RFC 5961, 3.2: the peer is challenged to send an exact one.
      drops: [
        { ...dropped, reason: "TCP_RESET", class: "refused", flags: ["RST"], frame: "tcp_validate_incoming" },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPChallengeACK", by: 1 }],
    };
  },
};
