/** A tap or tun device of the server, for skbs that no wire would produce. */
import { CLIENT_MAC, type Hosts } from "../../../src/lab/hosts.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { type Shape, TAP_MAC, Tap } from "../../lab/tap.ts";
import { ethernet } from "./frames.ts";

export const TAP_DEVICE = "tap0";
export const TUN_DEVICE = "tun0";

/** What the server receives on `tap0`: each packet in its own frame. */
export function tapOf(hosts: Hosts): (packet: Uint8Array, shape?: Shape) => void {
  const tap = hosts.own(new Tap(libcSyscalls, hosts.server, TAP_DEVICE));
  return (packet, shape) => tap.receive(ethernet([TAP_MAC, CLIENT_MAC], packet), shape);
}

/** What the server receives on `tun0`, which has no Ethernet. */
export function tunOf(hosts: Hosts): (packet: Uint8Array, shape?: Shape) => void {
  const tun = hosts.own(new Tap(libcSyscalls, hosts.server, TUN_DEVICE, "tun"));
  return (packet, shape) => tun.receive(packet, shape);
}
