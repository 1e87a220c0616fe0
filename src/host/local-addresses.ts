/** The addresses of the network namespace that this thread is in: RTM_GETADDR. */
import { struct, u8, u32 } from "../bytes/struct.ts";
import { AF_INET, IFA_ADDRESS, IFA_LOCAL, NETLINK_ROUTE, RTM_GETADDR, RTM_NEWADDR } from "../sys/macros.ts";
import { attributesIn, netlinkDump } from "../sys/netlink.ts";

/** `struct ifaddrmsg`, include/uapi/linux/if_addr.h. */
export const ifaddrmsg = struct("ifaddrmsg", 8, { ifaFamily: u8(0), ifaScope: u8(3), ifaIndex: u32(4) });

/** RT_SCOPE_UNIVERSE: not of a link or of this host alone, which others have too. */
const RT_SCOPE_UNIVERSE = 0;
/** An address takes some 80 bytes. */
const MAX_BYTES = 1 << 20;

/**
 * Addresses of 4 and 16 bytes that other hosts may send to.
 *
 * @throws SyscallError where the kernel refuses, DecodeError for what is none of its answers
 */
export function listLocalAddresses(): readonly Uint8Array[] {
  return netlinkDump(NETLINK_ROUTE, RTM_GETADDR, ifaddrmsg.encode({}), MAX_BYTES).flatMap(
    ({ type, payload }) => (type === RTM_NEWADDR ? addressIn(payload) : []),
  );
}

/** One answer: `struct ifaddrmsg` and attributes. */
export function addressIn(payload: Uint8Array): readonly Uint8Array[] {
  const { ifaFamily, ifaScope } = ifaddrmsg.decode(payload);
  const length = ifaFamily === AF_INET ? 4 : 16;
  if (ifaScope !== RT_SCOPE_UNIVERSE) return [];
  let found: Uint8Array | undefined;
  for (const { type, value } of attributesIn(payload, ifaddrmsg.size)) {
    // Of a point-to-point link IFA_ADDRESS is the other end's.
    const isOwn = type === IFA_LOCAL || (type === IFA_ADDRESS && found === undefined);
    if (isOwn && value.length === length) found = value.slice();
  }
  return found === undefined ? [] : [found];
}
