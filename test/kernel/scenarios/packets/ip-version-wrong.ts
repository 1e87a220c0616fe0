import { ETH_P_IP, ETH_P_IPV6 } from "../../../../src/sys/macros.ts";
import { dropAtDevice, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ip, tcp, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Frames whose type and IP version disagree: undecodable, and no address is guessed",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    dropAtDevice(hosts.server, "ingress", "srv0");
    const dport = hosts.newPort();
    const segment = tcp(addresses(family), { sport: 1000, dport, payload: Buffer.from("abc") });
    const right = ip(family, segment);
    const otherType = family === 4 ? ETH_P_IPV6 : ETH_P_IP;
    const versions = [0, 5, 7, 15].map((version) =>
      Uint8Array.from([(version << 4) | ((right[0] ?? 0) & 0x0f), ...right.subarray(1)]),
    );
    hosts.injectFrames([
      ...versions.map((packet) => ethernet(hosts.clientMacs, packet, family === 4 ? ETH_P_IP : ETH_P_IPV6)),
      ethernet(hosts.clientMacs, right, otherType),
      ethernet(hosts.clientMacs, tcpPacket(family, { sport: 1001, dport })),
    ]);
    return {
      drops: [{ ...filteredInput, variant: "nft-device-ingress", flags: ["PSH", "ACK"], sport: 1001, dport }],
      undecodable: versions.length + 1,
    };
  },
};
