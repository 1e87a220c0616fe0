import { moved } from "../connection.ts";
import { halfOpen } from "../handshakes.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake has a sequence number outside the window",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ seq: moved(connection.seq, 1_000_000) });
    // tcp_check_req() gives reasons since it gives TCP_LISTEN_OVERFLOW (6.15).
    const reason = isNamed("TCP_LISTEN_OVERFLOW") ? "TCP_OVERWINDOW" : "NOT_SPECIFIED";
    return {
      drops: [{ ...dropped, reason, class: "loss", flags: ["ACK"], frame: `tcp_v${lab.family}_rcv` }],
    };
  },
};
