/** Full packet sockets. */
import { CLIENT_MAC, type Hosts, STRANGER_MAC } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { getOptionBytes } from "../../../src/sys/sockets.ts";
import { PACKET_STATISTICS, SOL_PACKET } from "../../lab/macros.ts";
import { addresses, ethernet, ipv4, PROTOCOL, udp } from "./frames.ts";

/**
 * More than fits the smallest receive buffer, or a ring of one page. Datagrams for another host: none of
 * their drops is TCP.
 */
export function fillCapture(hosts: Hosts): void {
  const datagram = ipv4(udp(addresses(4), 9, 9, new Uint8Array(1000)), { protocol: PROTOCOL.udp });
  hosts.injectFrames(Array.from({ length: 20 }, () => ethernet([STRANGER_MAC, CLIENT_MAC], datagram)));
}

/**
 * Packets for which a packet socket had no room since the last call: struct tpacket_stats, linux/if_packet.h.
 */
export function lostCopies(socket: OwnedFd): number {
  return new Uint32Array(getOptionBytes(socket, SOL_PACKET, PACKET_STATISTICS, 12).buffer)[1] ?? 0;
}
