import { dropInput, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** TCPOPT_NOP, RFC 9293. */
const NOP = 1;

export const scenario: Scenario = {
  title: "Segments without TCP options, with 12 bytes of them, and with the maximum of 40",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    dropInput(hosts);
    const dport = hosts.newPort();
    const segments = [0, 12, 40].map((bytes) => ({
      sport: 1000 + bytes,
      dport,
      options: new Uint8Array(bytes).fill(NOP),
      payload: Buffer.from("seven!!"),
    }));
    hosts.injectFrames(segments.map((segment) => ethernet(hosts.clientMacs, tcpPacket(family, segment))));
    const ipBytes = family === 4 ? 20 : 40;
    return {
      drops: segments.map(({ sport, options }) => ({
        ...filteredInput,
        flags: ["PSH", "ACK"],
        sport,
        dport,
        // ip_local_deliver() has not pulled the IP header yet.
        also: { payloadLen: 7, skbLen: ipBytes + 20 + options.length + 7 },
      })),
    };
  },
};
