import { PEER_ISN } from "../handmade-peer.ts";
import { halfOpen } from "../handshakes.ts";
import { halfOpenVariant } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN, SYN_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN arrives again: answered with the same SYN-ACK, and freed as if dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab);
    connection.send({ seq: PEER_ISN, ack: 0, flags: SYN });
    await connection.receive(({ flags }) => flags === SYN_ACK, "The second SYN-ACK");
    return {
      // tcp_check_req(), "pure retransmitted SYN"
      drops: [
        {
          ...dropped,
          reason: "NOT_SPECIFIED",
          ...halfOpenVariant("half-open-syn-again", "duplicate"),
          flags: ["SYN"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPSynRetrans", by: 1 }],
    };
  },
};
