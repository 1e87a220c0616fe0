import { dropAll, filtered } from "../drop-everything.ts";
import { vxlan } from "../encapsulated.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { THROUGH_ROUTER } from "../transit.ts";

export const scenario: Scenario = {
  title: "A router between two VXLAN hosts drops their packets by UDP port",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["nft"],
  run: ({ hosts, family, path }) => {
    const dport = hosts.newPort();
    dropAll(firstReceiver(hosts, path).host, "forward", "udp dport 4789 drop");
    const { wrap, outer } = vxlan(4789);
    const packet = wrap(family, tcpPacket(family, { sport: 1000, dport }), hosts.clientMacs);
    hosts.injectFrames([ethernet(hosts.clientMacs, packet)]);
    return {
      drops: [
        {
          ...filtered,
          variant: "nft-forward",
          host: "router",
          direction: "forwarded",
          state: undefined,
          flags: ["PSH", "ACK"],
          tunnel: true,
          outer,
          sport: 1000,
          dport,
          also: { ...THROUGH_ROUTER, mtu: 1_500 },
        },
      ],
    };
  },
};
