import { waitFor } from "../../../../src/lab/hosts.ts";
import type { SeenSegment } from "../../../../src/lab/packet.ts";
import { acceptTcp } from "../../../../src/sys/sockets.ts";
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
    const { peer, listener, connection, dropped } = await halfOpen(lab);
    let again = 0;
    const isSynAck = ({ flags }: SeenSegment): boolean => {
      if (flags === SYN_ACK) again += 1;
      return flags === SYN_ACK;
    };
    connection.send({ seq: PEER_ISN, ack: 0, flags: SYN });
    await connection.receive(isSynAck, "The second SYN-ACK");
    // A timer sends it too, after a second: never again once the connection is open, and before only on a
    // slow machine. The peer has counted.
    connection.send({});
    lab.hosts.own(await waitFor(() => acceptTcp(listener), "The connection"));
    while (peer.poll(isSynAck) !== undefined);
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
      counters: [{ host: "server", counter: "TcpExtTCPSynRetrans", by: again }],
    };
  },
};
