import { ETH_P_8021AD, ETH_P_8021Q } from "../../../../src/sys/macros.ts";
import { dropInput, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Tagged segments, dropped in input of the VLAN device: with one tag, and with two (802.1ad)",
  families: BOTH,
  paths: ["veth"],
  needs: ["vlan", "nft"],
  run: ({ hosts, family }) => {
    ip(
      hosts.server,
      "link add link srv0 name vlan5 type vlan id 5",
      "link add link srv0 name prov7 type vlan proto 802.1ad id 7",
      "link add link prov7 name cust8 type vlan id 8",
      ...["vlan5", "prov7", "cust8"].map((device) => `link set ${device} up`),
    );
    dropInput(hosts);
    const dport = hosts.newPort();
    const tagged = (sport: number, ...tags: readonly (readonly [number, number])[]): Uint8Array =>
      ethernet(
        hosts.clientMacs,
        tcpPacket(family, { sport, dport, payload: Buffer.from("abc") }),
        undefined,
        tags,
      );
    hosts.injectFrames([tagged(1000, [ETH_P_8021Q, 5]), tagged(1001, [ETH_P_8021AD, 7], [ETH_P_8021Q, 8])]);
    const dropped = { ...filteredInput, flags: ["PSH", "ACK"], dport } as const;
    return {
      drops: [
        { ...dropped, sport: 1000, also: { payloadLen: 3, ifname: "vlan5" } },
        { ...dropped, sport: 1001, also: { payloadLen: 3, ifname: "cust8" } },
      ],
    };
  },
};
