import { dropAll, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv4, tcp } from "../frames.ts";
import type { Scenario } from "../scenario.ts";

const FIRST_BYTES = 32;

export const scenario: Scenario = {
  title: "The first fragment of a segment has ports, later ones have none",
  families: [4],
  paths: ["veth", "loopback"],
  run: ({ hosts }) => {
    // Before reassembly.
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    const whole = tcp(addresses(4), { sport: 1000, dport, payload: new Uint8Array(60) });
    const pieces = [
      { at: 0, to: FIRST_BYTES, more: true },
      { at: FIRST_BYTES, to: 64, more: true },
      { at: 64, to: whole.length, more: false },
    ];
    hosts.injectFrames(
      pieces.map(({ at, to, more }) =>
        ethernet(hosts.clientMacs, ipv4(whole.subarray(at, to), { id: 7, fragment: { at, more } })),
      ),
    );
    const later = {
      ...filteredInput,
      variant: "nft-prerouting",
      flags: undefined,
      also: { sport: undefined, dport: undefined, seq: undefined, payloadLen: undefined },
    };
    return {
      drops: [
        {
          ...filteredInput,
          variant: "nft-prerouting",
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          also: { payloadLen: FIRST_BYTES - 20 },
        },
        { ...later, count: 2 },
      ],
    };
  },
};
