/** The network devices of the namespace that this thread is in: RTM_GETLINK. */
import { cString } from "../bytes/c-string.ts";
import { struct, u32 } from "../bytes/struct.ts";
import {
  IFF_UP,
  IFLA_CARRIER,
  IFLA_IFNAME,
  IFLA_MTU,
  NETLINK_ROUTE,
  RTM_GETLINK,
  RTM_NEWLINK,
} from "../sys/macros.ts";
import { attributesIn, netlinkDump } from "../sys/netlink.ts";

/** `struct ifinfomsg`, include/uapi/linux/rtnetlink.h. */
export const ifinfomsg = struct("ifinfomsg", 16, { ifiIndex: u32(4), ifiFlags: u32(8) });

/** A device takes some 1.5 kB. */
const MAX_BYTES = 4 << 20;

/** One of them: a network device. */
export interface Link {
  readonly ifindex: number;
  readonly name: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
}

/** @throws SyscallError where the kernel refuses, DecodeError for what is none of its answers */
export function listDevices(): readonly Link[] {
  return netlinkDump(NETLINK_ROUTE, RTM_GETLINK, ifinfomsg.encode({}), MAX_BYTES).flatMap(
    ({ type, payload }) => (type === RTM_NEWLINK ? [decodeDevice(payload)] : []),
  );
}

/** One answer: `struct ifinfomsg` and attributes. */
export function decodeDevice(payload: Uint8Array): Link {
  const { ifiIndex: ifindex, ifiFlags } = ifinfomsg.decode(payload);
  let name = "";
  let mtu = 0;
  let hasCarrier = false;
  for (const { type, value } of attributesIn(payload, ifinfomsg.size)) {
    if (type === IFLA_IFNAME) name = cString(value);
    else if (type === IFLA_MTU) mtu = integer.decode(value).value;
    else if (type === IFLA_CARRIER) hasCarrier = value[0] === 1;
  }
  return { ifindex, name, mtu, isUp: (ifiFlags & IFF_UP) !== 0, hasCarrier };
}

const integer = struct("u32", 4, { value: u32(0) });
