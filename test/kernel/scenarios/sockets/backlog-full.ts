import assert from "node:assert/strict";
import { setOption } from "../../../../src/sys/sockets.ts";
import { SO_RCVBUF, SO_SNDBUF, SOL_SOCKET } from "../../../lab/macros.ts";
import { receivedBy, whileBusy } from "../busy-socket.ts";
import { readCounters } from "../counters.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { nops } from "../tcp-options.ts";

/** More than the smallest backlog holds: little more than 64 KB, at some 700 bytes each. */
const SEGMENTS = 200;

export const scenario: Scenario = {
  title: "The application holds the socket's lock, and arriving segments overflow the backlog",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    const { connection, server } = await HandmadePeer.join(lab).open(hosts.listen(family, dport), dport);
    for (const option of [SO_RCVBUF, SO_SNDBUF]) setOption(server, SOL_SOCKET, option, 1);
    // Headers of different lengths, or tcp_add_backlog() merges them.
    const segments = Array.from({ length: SEGMENTS }, (_, index) => ({ options: nops(index % 2) }));
    await whileBusy(server, () => receivedBy(hosts, SEGMENTS, () => connection.send(...segments)));
    // How many fit differs between kernels, as does the memory that they count for each.
    const dropped = readCounters(hosts.server).get("TcpExtTCPBacklogDrop") ?? 0;
    assert(dropped > 0 && dropped < SEGMENTS, `${dropped} of ${SEGMENTS} did not fit`);
    return {
      drops: [
        {
          ...connection.dropped,
          reason: "SOCKET_BACKLOG",
          class: "loss",
          state: "ESTABLISHED",
          flags: ["ACK"],
          count: dropped,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPBacklogDrop", by: dropped }],
    };
  },
};
