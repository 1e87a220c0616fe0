import assert from "node:assert/strict";
import { ERRNO } from "../../../../src/sys/errno.ts";
import { ETH_P_8021AD, ETH_P_8021Q } from "../../../../src/sys/macros.ts";
import { packetSocket, sendBytes } from "../../../../src/sys/sockets.ts";
import { dropAtDevice, filtered } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Frames with VLAN tags, dropped at egress",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft-egress"],
  run: ({ hosts, family }) => {
    dropAtDevice(hosts.client, "egress", "cli0");
    const dport = hosts.newPort();
    const tagged = (sport: number, ...tags: readonly (readonly [number, number])[]): Uint8Array =>
      ethernet(
        hosts.clientMacs,
        tcpPacket(family, { sport, dport, payload: Buffer.from("abc") }),
        undefined,
        tags,
      );
    using wire = hosts.client.inside(() => packetSocket("cli0", 0));
    for (const frame of [tagged(1000, [ETH_P_8021Q, 5]), tagged(1001, [ETH_P_8021AD, 7], [ETH_P_8021Q, 5])])
      assert.equal(sendBytes(wire, frame), -ERRNO.ENOBUFS, "the device's filter dropped it");
    const dropped = {
      ...filtered,
      variant: "nft-device-egress",
      host: "client",
      direction: "tx",
      state: undefined,
      flags: ["PSH", "ACK"],
      dport,
    } as const;
    return {
      drops: [
        { ...dropped, sport: 1000, also: { payloadLen: 3, ifname: "cli0" } },
        { ...dropped, sport: 1001, also: { payloadLen: 3, ifname: "cli0" } },
      ],
    };
  },
};
