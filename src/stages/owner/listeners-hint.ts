/** One sentence where nobody takes a SYN, and somebody listens on its port all the same. */
import { formatIpv4, formatIpv6 } from "../../bytes/format-address.ts";
import type { TcpAnswer, TcpListener } from "../../host/sock-diag.ts";
import type { Holder } from "./holder.ts";

const MAX_ADDRESSES = 3;

/** `listeners` are those of one port, at least one; `holder` holds the only one. Not escaped. */
export function listenersHint(listeners: readonly TcpListener[], holder: Holder | undefined): string {
  const addresses = [...new Set(listeners.map(placeOf))];
  const shown = addresses.slice(0, MAX_ADDRESSES).join(", ");
  const more = addresses.length - MAX_ADDRESSES;
  const places = more > 0 ? `${shown} and ${more} more` : shown;
  const who = holder === undefined ? "" : `, by ${holder.comm}[${holder.pid}]`;
  return `port ${listeners[0]?.localPort} is listened on at ${places} only${who}`;
}

/**
 * It listens at this address, or at all, on the device with this index, or on all. IPv6 listens at IPv4's
 * addresses as ::ffff:a.b.c.d.
 */
export function takes({ local, boundTo }: TcpAnswer, address: Uint8Array, ifindex: number): boolean {
  if (boundTo !== undefined && boundTo !== ifindex) return false;
  if (local.every((byte) => byte === 0)) return true;
  const length = Math.min(local.length, address.length);
  const [one, other] = [local.slice(-length), address.slice(-length)];
  return one.every((byte, index) => byte === other[index]);
}

function placeOf({ family, local, device }: TcpListener): string {
  const address = family === 4 ? formatIpv4(local, 0) : formatIpv6(local, 0);
  return device === undefined ? address : `${address} on ${device}`;
}
