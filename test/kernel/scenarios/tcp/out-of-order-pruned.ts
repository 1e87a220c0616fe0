import { setOption } from "../../../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../../../lab/macros.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

/**
 * More than SOCK_MIN_RCVBUF, and less than a page: tcp_collapse_ofo_queue() copies larger data, and the
 * copies have no headers.
 */
const OUT_OF_ORDER_BYTES = 3000;

export const scenario: Scenario = {
  title: "Data after a gap is pruned, to make room for data in order",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection, server } = await HandmadePeer.join(lab).open(
      lab.hosts.listen(lab.family, dport),
      dport,
    );
    const { seq } = connection;
    connection.send({ seq: seq + 100, flags: PSH_ACK, payload: new Uint8Array(OUT_OF_ORDER_BYTES) });
    await connection.receive((segment) => segment.ack === seq, "The ACK of what is out of order");
    // Old kernels accept data for an empty receive queue regardless of memory, and prune nothing for it.
    connection.send({ flags: PSH_ACK, payload: new Uint8Array(10) });
    await connection.receive((segment) => segment.ack === seq + 10, "The ACK of what is in order");
    // SOCK_MIN_RCVBUF, 2304 bytes: less than what is queued.
    setOption(server, SOL_SOCKET, SO_RCVBUF, 1);
    connection.send({ seq: seq + 10, flags: PSH_ACK, payload: new Uint8Array(90) });
    return {
      drops: [
        {
          ...connection.dropped,
          state: "ESTABLISHED",
          reason: "TCP_OFO_QUEUE_PRUNE",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: ["tcp_prune_ofo_queue", "tcp_prune_queue", "tcp_try_rmem_schedule", "tcp_data_queue"],
          also: { seq: seq + 100, payloadLen: OUT_OF_ORDER_BYTES },
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtOfoPruned", by: 1 },
        { host: "server", counter: "TcpExtPruneCalled", by: 1 },
      ],
    };
  },
};
