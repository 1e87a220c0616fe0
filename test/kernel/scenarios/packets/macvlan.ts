import { CLIENT_MAC } from "../../../../src/lab/hosts.ts";
import { dropInput, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

const MACVLAN_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x21);

export const scenario: Scenario = {
  title: "A segment for a macvlan device, dropped in input: its interface is the macvlan",
  families: BOTH,
  paths: ["veth"],
  needs: ["macvlan", "nft"],
  run: ({ hosts, family }) => {
    ip(
      hosts.server,
      "link add link srv0 name mac0 address 02:00:00:00:00:21 type macvlan mode bridge",
      "link set mac0 up",
    );
    dropInput(hosts);
    const dport = hosts.newPort();
    hosts.injectFrames([
      ethernet(
        [MACVLAN_MAC, CLIENT_MAC],
        tcpPacket(family, { sport: 1000, dport, payload: Buffer.from("abc") }),
      ),
    ]);
    return {
      drops: [
        {
          ...filteredInput,
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          also: { payloadLen: 3, ifname: "mac0" },
        },
      ],
    };
  },
};
