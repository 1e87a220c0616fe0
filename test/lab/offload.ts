/** Reads and switches a device's offloads as ethtool does, by ioctl(2) SIOCETHTOOL. */
import { struct, u32, u64 } from "../../src/bytes/struct.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { check } from "../../src/sys/errno.ts";
import { packetSocket } from "../../src/sys/sockets.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import { ETHTOOL_GGRO, ETHTOOL_SGRO, ETHTOOL_STSO, SIOCETHTOOL } from "./macros.ts";

/** struct ifreq, linux/if.h, and behind it the struct ethtool_value, linux/ethtool.h, that it points to. */
const request = struct("ifreq", 48, { data: u64(16), command: u32(40), value: u32(44) });
const VALUE_AT = 40;

const SET = { gro: ETHTOOL_SGRO, tso: ETHTOOL_STSO } as const;
const GET = { gro: ETHTOOL_GGRO } as const;

export function setOffload(
  sys: Syscalls,
  host: Netns,
  device: string,
  offload: keyof typeof SET,
  on: boolean,
): void {
  ethtool(
    sys,
    host,
    device,
    SET[offload],
    Number(on),
    `Cannot switch ${offload} of ${device} ${on ? "on" : "off"}`,
  );
}

export function hasOffload(sys: Syscalls, host: Netns, device: string, offload: keyof typeof GET): boolean {
  return ethtool(sys, host, device, GET[offload], 0, `Cannot read ${offload} of ${device}`) !== 0;
}

/** Returns the value as the kernel leaves it. */
function ethtool(
  sys: Syscalls,
  host: Netns,
  device: string,
  command: number,
  value: number,
  trying: string,
): number {
  // Longer than the arrays that V8 keeps in its movable heap.
  const buffer = new Uint8Array(256);
  const data = sys.addressOf(buffer) + BigInt(VALUE_AT);
  buffer.set(request.encode({ data, command, value }), 0);
  buffer.set(Buffer.from(device, "latin1"), 0);
  using socket = host.inside(() => packetSocket(device, 0));
  check(sys.ioctl(socket.fd, SIOCETHTOOL, buffer), "ioctl", trying);
  return request.decode(buffer).value;
}
