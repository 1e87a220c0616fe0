import { moved } from "../connection.ts";
import { halfOpen, senselessToListener } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "The last ACK of a handshake acknowledges a SYN-ACK that was not sent",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ ack: moved(connection.ack, 1000) });
    return {
      // tcp_check_req() passes it to the listener, for which ACKs are invalid.
      drops: [{ ...dropped, ...senselessToListener(lab), flags: ["ACK"] }],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
