import { dropAll, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv6, PROTOCOL, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

/** Destination options that contain only padding, `count` times. */
function destinationHeaders(count: number): Uint8Array {
  const header = (index: number): number[] => [
    index + 1 < count ? PROTOCOL.destination : PROTOCOL.tcp,
    0,
    1,
    4,
    0,
    0,
    0,
    0,
  ];
  return Uint8Array.from(Array.from({ length: count }, (_, index) => header(index)).flat());
}

export const scenario: Scenario = {
  title: "More extension headers than RFC 8200 defines: undecodable; with one less, shown",
  families: [6],
  paths: ["veth"],
  run: ({ hosts }) => {
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    hosts.injectFrames(
      [20, 7, 6].map((count) => {
        const segment = tcp(addresses(6), { sport: 1000 + count, dport, payload: Buffer.from("abc") });
        return ethernet(
          hosts.clientMacs,
          ipv6(Buffer.concat([destinationHeaders(count), segment]), { nextHeader: PROTOCOL.destination }),
        );
      }),
    );
    return {
      drops: [
        {
          ...filteredInput,
          variant: "nft-prerouting",
          flags: ["PSH", "ACK"],
          sport: 1006,
          dport,
          also: { payloadLen: 3 },
        },
      ],
      undecodable: 2,
    };
  },
};
