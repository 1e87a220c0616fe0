import { dropInput, filteredInput } from "../drop-everything.ts";
import { tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { TAP_DEVICE, TUN_DEVICE, tapOf, tunOf } from "../tap.ts";

export const scenario: Scenario = {
  title: "Segments from a tap, and from a tun, which has no Ethernet header",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun"],
  run: ({ hosts, family }) => {
    dropInput(hosts);
    const dport = hosts.newPort();
    const payload = Buffer.from("abc");
    tapOf(hosts)(tcpPacket(family, { sport: 1000, dport, payload }));
    tunOf(hosts)(tcpPacket(family, { sport: 1001, dport, payload }));
    const dropped = { ...filteredInput, flags: ["PSH", "ACK"], dport } as const;
    return {
      drops: [
        { ...dropped, sport: 1000, also: { payloadLen: 3, ifname: TAP_DEVICE } },
        { ...dropped, sport: 1001, also: { payloadLen: 3, ifname: TUN_DEVICE } },
      ],
    };
  },
};
