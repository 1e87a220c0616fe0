import { dropAll, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ip, PROTOCOL, tcp, tcpPacket, udp } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

const OTHER_PROTOCOLS = [PROTOCOL.esp, PROTOCOL.gre, PROTOCOL.udp, 253];

export const scenario: Scenario = {
  title: "Other protocols make no event, even if their bytes look like TCP: ESP, GRE, UDP, experiments",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    dropAll(hosts.server, "prerouting");
    const dport = hosts.newPort();
    const ends = addresses(family);
    const others = OTHER_PROTOCOLS.map((protocol) =>
      ip(family, tcp(ends, { sport: 1000, dport }), { protocol }),
    );
    const datagram = ip(family, udp(ends, 1000, dport, Buffer.from("not TCP")), { protocol: PROTOCOL.udp });
    // The last one is TCP: when it is shown, the others have been dropped too.
    const packets = [...others, datagram, tcpPacket(family, { sport: 1001, dport })];
    hosts.injectFrames(packets.map((packet) => ethernet(hosts.clientMacs, packet)));
    return {
      drops: [{ ...filteredInput, variant: "nft-prerouting", flags: ["PSH", "ACK"], sport: 1001, dport }],
    };
  },
};
