import assert from "node:assert/strict";
import { ETH_P_ALL } from "../../../../src/sys/macros.ts";
import { packetSocket, setOption } from "../../../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../../../lab/macros.ts";
import { fillCapture, lostCopies } from "../packet-sockets.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A full packet socket at the receiver shares the skb: only the segment's own drop is reported",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const wire = hosts.own(hosts.server.inside(() => packetSocket("srv0", ETH_P_ALL)));
    setOption(wire, SOL_SOCKET, SO_RCVBUF, 0);
    fillCapture(hosts);
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    assert(lostCopies(wire) > 0, "the socket was full");
    return {
      // packet_rcv() releases a reference that deliver_skb() took: the last one, which is reported, is that
      // of tcp_v4_rcv().
      drops: [
        {
          ...received,
          reason: "NO_SOCKET",
          class: "refused",
          state: undefined,
          flags: ["RST", "ACK"],
          sport: 1000,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
    };
  },
};
