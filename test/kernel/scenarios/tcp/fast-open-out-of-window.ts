import { moved } from "../connection.ts";
import { fastOpened } from "../fast-open.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Data far beyond the window of a TCP Fast Open connection in its handshake",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, dropped } = await fastOpened(lab);
    connection.send({ seq: moved(seq, 1_000_000), flags: PSH_ACK, payload: Buffer.from("far") });
    // tcp_check_req() gives reasons since it gives TCP_LISTEN_OVERFLOW (6.15).
    const reason = isNamed("TCP_LISTEN_OVERFLOW") ? "TCP_OVERWINDOW" : "TCP_FASTOPEN";
    return {
      drops: [{ ...dropped, reason, class: "loss", flags: ["PSH", "ACK"], frame: "tcp_rcv_state_process" }],
    };
  },
};
