import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN on an open connection, as from a peer that has restarted",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { next, dropped } = await open(lab);
    inject(lab, { ...next, seq: moved(next.seq, 10), ack: 0, flags: SYN });
    return {
      // RFC 5961, 4.2: the peer is challenged to send a RST.
      drops: [
        {
          ...dropped,
          reason: "TCP_INVALID_SYN",
          class: "refused",
          flags: ["SYN"],
          frame: "tcp_validate_incoming",
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtTCPSYNChallenge", by: 1 },
        { host: "server", counter: "TcpExtTCPChallengeACK", by: 1 },
        { host: "server", counter: "TcpInErrs", by: 1 },
      ],
    };
  },
};
