import { waitFor } from "../../../../src/lab/hosts.ts";
import { receiveBytes } from "../../../../src/sys/sockets.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";
import { SACK_PERMITTED } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "Not a drop: a segment whose first half had arrived before",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection, server } = await HandmadePeer.join(lab).open(
      lab.hosts.listen(lab.family, dport),
      dport,
      { options: SACK_PERMITTED },
    );
    connection.send(
      { flags: PSH_ACK, payload: Buffer.from("hello") },
      { flags: PSH_ACK, payload: Buffer.from("hello, all") },
    );
    let received = "";
    await waitFor(() => {
      received += Buffer.from(receiveBytes(server, 100) ?? []).toString();
      return received === "hello, all" ? true : undefined;
    }, "What both hold together");
    return { drops: [], counters: [{ host: "server", counter: "TcpExtTCPDSACKOldSent", by: 1 }] };
  },
};
