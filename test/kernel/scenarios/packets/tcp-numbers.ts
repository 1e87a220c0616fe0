import { dropInput, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

const LAST_32 = 0xffff_ffff;
const LAST_16 = 0xffff;

const SEGMENTS = [
  { sport: 0, dport: 0, seq: 0, ack: 0, window: 0 },
  { sport: LAST_16, dport: LAST_16, seq: LAST_32, ack: LAST_32, window: LAST_16 },
  // The sign bits: nothing may become negative.
  { sport: 0x8000, dport: 0x8001, seq: 0x8000_0000, ack: 0x8000_0001, window: 0x8000 },
  // All bytes differ, so that none can be mistaken for another.
  { sport: 0x0102, dport: 0x0304, seq: 0x05060708, ack: 0x090a0b0c, window: 0x0d0e },
];

export const scenario: Scenario = {
  title: "Segments with the smallest and the largest ports, sequence numbers and windows",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    dropInput(hosts);
    hosts.injectFrames(SEGMENTS.map((segment) => ethernet(hosts.clientMacs, tcpPacket(family, segment))));
    return {
      drops: SEGMENTS.map(({ sport, dport, ...also }) => ({
        ...filteredInput,
        flags: ["PSH", "ACK"],
        sport,
        dport,
        also: { sport, dport, ...also },
      })),
    };
  },
};
