import { setOption } from "../../../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../../../lab/macros.ts";
import { fillCapture } from "../packet-sockets.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "An unread packet socket is full: its copy is dropped, and the segment goes on",
  families: BOTH,
  paths: ["veth", "forwarded"],
  run: ({ hosts, family }) => {
    const wire = hosts.capture();
    // The kernel's minimum, SOCK_MIN_RCVBUF.
    setOption(wire, SOL_SOCKET, SO_RCVBUF, 0);
    fillCapture(hosts);
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    const segment = { state: undefined, flags: ["RST", "ACK"], sport: 1000, dport } as const;
    return {
      drops: [
        {
          ...segment,
          reason: "PACKET_SOCK_ERROR",
          variant: "any/copy",
          class: "copy",
          host: "client",
          direction: "unknown",
          frame: "packet_rcv",
          also: { ifname: "cli0" },
        },
        { ...received, ...segment, reason: "NO_SOCKET", class: "refused", frame: `tcp_v${family}_rcv` },
      ],
    };
  },
};
