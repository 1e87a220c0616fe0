import assert from "node:assert/strict";
import { struct, u32 } from "../../../../src/bytes/struct.ts";
import { setOption } from "../../../../src/sys/sockets.ts";
import { PACKET_RX_RING, PACKET_VERSION, SOL_PACKET, TPACKET_V3 } from "../../../lab/macros.ts";
import { fillCapture, lostCopies } from "../packet-sockets.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";

/** linux/if_packet.h */
const tpacketReq3 = struct("tpacket_req3", 28, {
  blockSize: u32(0),
  blockNr: u32(4),
  frameSize: u32(8),
  frameNr: u32(12),
  retireBlkTov: u32(16),
});

export const scenario: Scenario = {
  title: "The ring of a packet socket (TPACKET_V3) is full: no event, and the segment goes on",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const wire = hosts.capture();
    setOption(wire, SOL_PACKET, PACKET_VERSION, TPACKET_V3);
    setOption(
      wire,
      SOL_PACKET,
      PACKET_RX_RING,
      tpacketReq3.encode({ blockSize: 4096, blockNr: 1, frameSize: 2048, frameNr: 2, retireBlkTov: 60_000 }),
    );
    fillCapture(hosts);
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    assert(lostCopies(wire) > 0, "the ring was full");
    return {
      // tpacket_rcv(): "If we are flooded, just give up", and the copy is consumed.
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
