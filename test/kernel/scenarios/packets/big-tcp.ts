import { dropAtDevice, filteredInput } from "../drop-everything.ts";
import { addresses, ipv4, ipv6, PROTOCOL, tcp } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { TAP_DEVICE, tapOf } from "../tap.ts";

/** At most MAX_SKB_FRAGS pages: older kernels give a tap no larger skbs. */
const PAYLOAD_BYTES = 66_000;
const GSO_SIZE = 1448;

/** A hop-by-hop header with the jumbo payload option, RFC 2675. */
function jumbo(segmentBytes: number): Uint8Array {
  const header = Uint8Array.of(PROTOCOL.tcp, 0, 0xc2, 4, 0, 0, 0, 0);
  new DataView(header.buffer).setUint32(4, header.length + segmentBytes);
  return header;
}

export const scenario: Scenario = {
  title: "More than 64 KiB in one skb (BIG TCP): the IP header has length 0, and the skb's length counts",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun", "nft"],
  run: ({ hosts, family }) => {
    const receive = tapOf(hosts);
    dropAtDevice(hosts.server, "ingress", TAP_DEVICE);
    const dport = hosts.newPort();
    const segment = tcp(addresses(family), { sport: 1000, dport, payload: new Uint8Array(PAYLOAD_BYTES) });
    const packet =
      family === 4
        ? ipv4(segment, { totalLen: 0 })
        : ipv6(Buffer.concat([jumbo(segment.length), segment]), {
            payloadLen: 0,
            nextHeader: PROTOCOL.hopByHop,
          });
    const headerBytes = packet.length - PAYLOAD_BYTES;
    receive(packet, { gsoSize: GSO_SIZE, linearBytes: 14 + headerBytes });
    return {
      drops: [
        {
          ...filteredInput,
          variant: "nft-device-ingress",
          flags: ["PSH", "ACK"],
          sport: 1000,
          dport,
          segments: Math.ceil(PAYLOAD_BYTES / GSO_SIZE),
          also: { payloadLen: PAYLOAD_BYTES },
        },
      ],
    };
  },
};
