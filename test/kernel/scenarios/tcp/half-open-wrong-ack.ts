import { moved } from "../connection.ts";
import { halfOpen } from "../handshakes.ts";
import { since } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  tells: "The last ACK of a handshake acknowledges another SYN-ACK than the one that was sent",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ ack: moved(connection.ack, 1000) });
    return {
      // tcp_check_req() gives it to the listener, to which ACKs make no sense.
      drops: [
        {
          ...dropped,
          reason: since("TCP_ABORT_ON_DATA", "TCP_FLAGS", "NOT_SPECIFIED"),
          class: since("TCP_ABORT_ON_DATA", "refused", "loss"),
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
