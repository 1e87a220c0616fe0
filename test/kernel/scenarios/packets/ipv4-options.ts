import { dropInput, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv4, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

/** RFC 791, RFC 2113: type, length, and data. */
const OPTIONS = [
  { what: "router alert", bytes: Uint8Array.of(0x94, 4, 0, 0) },
  // Pointer 5, room for one timestamp: the kernel writes its own into it.
  { what: "timestamp", bytes: Uint8Array.of(68, 8, 5, 0, 0, 0, 0, 0) },
  { what: "40 bytes of no-operation", bytes: new Uint8Array(40).fill(1) },
];

export const scenario: Scenario = {
  title: "Segments behind IP options: router alert, timestamp, and as many as fit",
  families: [4],
  paths: ["veth", "forwarded"],
  run: ({ hosts }) => {
    dropInput(hosts);
    const dport = hosts.newPort();
    const segment = (sport: number): Uint8Array =>
      tcp(addresses(4), { sport, dport, payload: Buffer.from("abc") });
    hosts.injectFrames(
      OPTIONS.map(({ bytes }, index) =>
        ethernet(hosts.clientMacs, ipv4(segment(1000 + index), { options: bytes })),
      ),
    );
    return {
      drops: OPTIONS.map((_, index) => ({
        ...filteredInput,
        flags: ["PSH", "ACK"],
        sport: 1000 + index,
        dport,
        also: { payloadLen: 3 },
      })),
    };
  },
};
