/** Building blocks of handmade segments between the lab's two addresses. */
import { addressBytes, type Family } from "./hosts.ts";
import { CLIENT, SERVER } from "./topology.ts";

/** Bits of the flags byte, RFC 9293. */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;
export const SYN_ACK = 0x12;
export const FIN_ACK = 0x11;
export const RST_ACK = 0x14;
export const PSH_ACK = 0x18;

export function segmentToServer(family: Family, sourcePort: number, destinationPort: number) {
  return {
    source: addressBytes(family, CLIENT),
    destination: addressBytes(family, SERVER),
    sourcePort,
    destinationPort,
    ack: 0,
  };
}
