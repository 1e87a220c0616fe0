import { dropAll, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv6, PROTOCOL, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

const FIRST_BYTES = 32;

function fragment(nextHeader: number, at: number, more: boolean): Uint8Array {
  return Uint8Array.of(nextHeader, 0, at >> 8, (at & 0xf8) | Number(more), 0, 0, 0, 7);
}

export const scenario: Scenario = {
  title: "IPv6 fragments: the first has ports, a later one has none, and an atomic fragment has them",
  families: [6],
  paths: ["veth", "loopback"],
  run: ({ hosts }) => {
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    const whole = tcp(addresses(6), { sport: 1000, dport, payload: new Uint8Array(60) });
    const atomic = tcp(addresses(6), { sport: 1001, dport, payload: new Uint8Array(3) });
    const send = (...parts: readonly Uint8Array[]): Uint8Array =>
      ethernet(hosts.clientMacs, ipv6(Buffer.concat(parts), { nextHeader: PROTOCOL.fragment }));
    hosts.injectFrames([
      send(fragment(PROTOCOL.tcp, 0, true), whole.subarray(0, FIRST_BYTES)),
      send(fragment(PROTOCOL.tcp, FIRST_BYTES, false), whole.subarray(FIRST_BYTES)),
      // RFC 6946: an atomic fragment, with a fragment header and all of the packet.
      send(fragment(PROTOCOL.tcp, 0, false), atomic),
    ]);
    const withPorts = { ...filteredInput, variant: "nft-prerouting", flags: ["PSH", "ACK"], dport } as const;
    return {
      drops: [
        { ...withPorts, sport: 1000, also: { payloadLen: FIRST_BYTES - 20 } },
        { ...withPorts, sport: 1001, also: { payloadLen: 3 } },
        {
          ...filteredInput,
          variant: "nft-prerouting",
          flags: undefined,
          also: { sport: undefined, dport: undefined, seq: undefined },
        },
      ],
    };
  },
};
