import { setOption } from "../../../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../../../lab/macros.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";
import { nops } from "../tcp-options.ts";

const QUEUED_BYTES = 4000;

export const scenario: Scenario = {
  title: "Data inside the window does not fit a receive buffer that was shrunk: in order, and after a gap",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const { connection, server } = await HandmadePeer.join(lab).open(
      lab.hosts.listen(lab.family, dport),
      dport,
    );
    const seq = connection.seq + QUEUED_BYTES;
    connection.send({ flags: PSH_ACK, payload: new Uint8Array(QUEUED_BYTES) });
    await connection.receive((segment) => segment.ack === seq, "The ACK of what is not read");
    // SOCK_MIN_RCVBUF, 2304 bytes: less than what is queued.
    setOption(server, SOL_SOCKET, SO_RCVBUF, 1);
    // The one after the gap first: a drop in order closes the window.
    const data = { flags: PSH_ACK, options: nops(1), payload: new Uint8Array(100) };
    connection.send({ ...data, seq: seq + 1000 }, { ...data, seq });
    const drop = {
      ...connection.dropped,
      state: "ESTABLISHED",
      reason: "PROTO_MEM",
      class: "loss",
      flags: ["PSH", "ACK"],
    } as const;
    return {
      drops: [
        { ...drop, also: { seq: seq + 1000 }, frame: `tcp_v${lab.family}_do_rcv` },
        { ...drop, also: { seq }, frame: `tcp_v${lab.family}_do_rcv` },
      ],
      counters: [
        { host: "server", counter: "TcpExtTCPOFODrop", by: 1 },
        { host: "server", counter: "TcpExtTCPRcvQDrop", by: 1 },
        { host: "server", counter: "TcpExtRcvPruned", by: 2 },
        { host: "server", counter: "TcpExtPruneCalled", by: 2 },
      ],
    };
  },
};
