import { fastOpened } from "../fast-open.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "A RST ends a TCP Fast Open connection in its handshake: processed, and freed as if dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, dropped } = await fastOpened(lab);
    connection.send({ seq, flags: RST });
    // tcp_check_req(), embryonic_reset: tcp_reset() comes before the drop.
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_FASTOPEN",
          variant: "rst",
          class: "normal",
          state: "CLOSE",
          flags: ["RST"],
          frame: "tcp_rcv_state_process",
        },
      ],
    };
  },
};
