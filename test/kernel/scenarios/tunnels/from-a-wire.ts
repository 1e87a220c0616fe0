import { dropAll, filteredInput } from "../drop-everything.ts";
import { encapsulations, gre, vxlan } from "../encapsulated.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** A VXLAN header without VNI, another port, source routing, and GRE's version of PPTP. */
const NONE = [vxlan(4789, 0), vxlan(4790), gre(0x4000, 0), gre(0x2001, 4)];
/** Of the inner IP header: not enough. */
const CUT_BYTES = 12;

export const scenario: Scenario = {
  title: "Tunnel packets from a wire that a filter in the underlay drops, each with a segment inside",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft"],
  run: ({ hosts, family }) => {
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    const seen = encapsulations(family).map((one, index) => ({ ...one, sport: 1000 + index }));
    const packets = seen.map(({ wrap, sport }) =>
      wrap(family, tcpPacket(family, { sport, dport }), hosts.clientMacs),
    );
    const others = NONE.map(({ wrap }) =>
      wrap(family, tcpPacket(family, { sport: 2000, dport }), hosts.clientMacs),
    );
    const cut = vxlan(4789).wrap(
      family,
      tcpPacket(family, { sport: 2001, dport }).subarray(0, CUT_BYTES),
      hosts.clientMacs,
    );
    const last = tcpPacket(family, { sport: 3000, dport });
    hosts.injectFrames(
      [...packets, ...others, cut, last].map((packet) => ethernet(hosts.clientMacs, packet)),
    );
    return {
      drops: [
        ...seen.map(({ sport, outer }) => ({
          ...filteredInput,
          variant: "nft-prerouting",
          flags: ["PSH", "ACK"] as const,
          tunnel: true,
          outer,
          sport,
          dport,
          also: { addressSource: "inner" as const, payloadLen: 0 },
        })),
        { ...filteredInput, variant: "nft-prerouting", flags: ["PSH", "ACK"], sport: 3000, dport },
      ],
    };
  },
};
