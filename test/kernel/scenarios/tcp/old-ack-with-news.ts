import { sendBytes } from "../../../../src/sys/sockets.ts";
import { moved } from "../connection.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";

const HELLO = Buffer.from("hello");

export const scenario: Scenario = {
  title: "A bare ACK with an old sequence number acknowledges data for the first time",
  families: BOTH,
  paths: ["veth"],
  // Before 6.6 both sides of the window had one name, of which the socket is not asked.
  needs: ["reason TCP_OLD_SEQUENCE"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const listener = lab.hosts.listen(lab.family, dport);
    const { connection, server } = await HandmadePeer.join(lab).open(listener, dport);
    sendBytes(server, HELLO);
    await connection.receive(({ payloadLength }) => payloadLength === HELLO.length, "The data");
    const { seq, ack } = connection;
    connection.send({ seq: moved(seq, -10), ack: moved(ack, HELLO.length) });
    return {
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_OLD_SEQUENCE",
          class: "loss",
          variant: "acks-new-data",
          flags: ["ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
    };
  },
};
