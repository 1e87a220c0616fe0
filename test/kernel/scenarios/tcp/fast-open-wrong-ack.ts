import { moved } from "../connection.ts";
import { fastOpened } from "../fast-open.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a TCP Fast Open handshake acknowledges less than the SYN-ACK",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, dropped } = await fastOpened(lab);
    connection.send({ seq, ack: moved(connection.ack, -1000) });
    // tcp_rcv_state_process(), TCP_SYN_RECV, "send one RST": up to 6.8 it returned no reason.
    const reason = isNamed("TCP_ABORT_ON_DATA") ? "TCP_TOO_OLD_ACK" : "NOT_SPECIFIED";
    return {
      drops: [{ ...dropped, reason, class: "loss", flags: ["ACK"], frame: `tcp_v${lab.family}_do_rcv` }],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
