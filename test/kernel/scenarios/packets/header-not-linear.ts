import { dropAtDevice, filteredInput } from "../drop-everything.ts";
import { tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { TAP_DEVICE, tapOf } from "../tap.ts";

/** Longer than a page: shorter frames become linear in tun_alloc_skb(). */
const PAYLOAD = new Uint8Array(6000);

export const scenario: Scenario = {
  title: "Headers outside the skb's linear part: no port is guessed; without addresses, only counted",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun"],
  run: ({ hosts, family }) => {
    const receive = tapOf(hosts);
    // Before ip_rcv() pulls the headers into the linear part.
    dropAtDevice(hosts.server, "ingress", TAP_DEVICE);
    const dport = hosts.newPort();
    const ipBytes = family === 4 ? 20 : 40;
    const packet = (sport: number): Uint8Array => tcpPacket(family, { sport, dport, payload: PAYLOAD });
    // Only the Ethernet header, and a part of the IP header: nothing of these can be shown.
    receive(packet(1000), { linearBytes: 14 });
    receive(packet(1001), { linearBytes: 14 + 19 });
    // The IP header, and a part of the TCP header.
    receive(packet(1002), { linearBytes: 14 + ipBytes });
    receive(packet(1003), { linearBytes: 14 + ipBytes + 19 });
    receive(packet(1004), { linearBytes: 14 + ipBytes + 20 });
    return {
      drops: [
        {
          ...filteredInput,
          variant: "nft-device-ingress",
          flags: ["PSH", "ACK"],
          sport: 1004,
          dport,
          also: { payloadLen: 6000, ifname: TAP_DEVICE },
        },
        {
          ...filteredInput,
          variant: "nft-device-ingress",
          flags: undefined,
          count: 2,
          also: { sport: undefined, dport: undefined, payloadLen: undefined, ifname: TAP_DEVICE },
        },
      ],
      undecodable: 2,
    };
  },
};
