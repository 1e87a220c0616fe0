import { dropAll, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv6, PROTOCOL, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

type Kind = "hopByHop" | "destination" | "routing" | "authentication" | "fragment";

/**
 * An option that hosts skip if they do not know it: its two highest bits are 0, RFC 8200 4.2. Padding of more
 * than 7 bytes is rejected.
 */
const UNKNOWN_OPTION = 0x1e;

function header(kind: Kind, next: number, bytes: number): Uint8Array {
  const length = kind === "authentication" ? bytes / 4 - 2 : bytes / 8 - 1;
  if (kind === "fragment") return Uint8Array.of(next, 0, 0, 0, 0, 0, 0, 1);
  const body = kind === "hopByHop" || kind === "destination" ? [UNKNOWN_OPTION, bytes - 4] : [0, 0];
  return Uint8Array.from([next, length, ...body, ...new Uint8Array(bytes - 4)]);
}

const CHAINS: readonly (readonly (readonly [Kind, bytes: number])[])[] = [
  [["hopByHop", 8]],
  [["hopByHop", 72]],
  [["destination", 16]],
  [["routing", 24]],
  [["authentication", 24]],
  // In the order of RFC 8200 4.1: all that a packet may have.
  [
    ["hopByHop", 8],
    ["destination", 16],
    ["routing", 24],
    ["fragment", 8],
    ["authentication", 28],
    ["destination", 8],
  ],
];

function chain(
  headers: readonly (readonly [Kind, number])[],
  segment: Uint8Array,
): { nextHeader: number; bytes: Uint8Array } {
  const numbers = [...headers.map(([kind]) => PROTOCOL[kind]), PROTOCOL.tcp];
  const parts = headers.map(([kind, bytes], index) =>
    header(kind, numbers[index + 1] ?? PROTOCOL.tcp, bytes),
  );
  return { nextHeader: numbers[0] ?? PROTOCOL.tcp, bytes: Buffer.concat([...parts, segment]) };
}

export const scenario: Scenario = {
  title: "Segments behind each extension header, and behind a chain of all of them",
  families: [6],
  paths: ["veth", "loopback"],
  run: ({ hosts }) => {
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    hosts.injectFrames(
      CHAINS.map((headers, index) => {
        const { nextHeader, bytes } = chain(
          headers,
          tcp(addresses(6), { sport: 1000 + index, dport, payload: Buffer.from("abc") }),
        );
        return ethernet(hosts.clientMacs, ipv6(bytes, { nextHeader }));
      }),
    );
    return {
      drops: CHAINS.map((_, index) => ({
        ...filteredInput,
        variant: "nft-prerouting",
        flags: ["PSH", "ACK"],
        sport: 1000 + index,
        dport,
        also: { payloadLen: 3 },
      })),
    };
  },
};
