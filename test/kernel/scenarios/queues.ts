/** Queues of a device that can be filled by a known number of frames. */
import type { Hosts } from "../../../src/lab/hosts.ts";
import { check, ERRNO } from "../../../src/sys/errno.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { packetSocket, sendBytes } from "../../../src/sys/sockets.ts";
import { tc } from "./rules.ts";

/** IEEE 802 local experimental: nothing receives it, and it is no TCP. */
const ETHERTYPE_EXPERIMENTAL = [0x88, 0xb5] as const;

/** Bytes of a whole frame: as many as a frame may have, and as few. */
export const LARGEST_BYTES = 1_514;
const SMALLEST_BYTES = 60;
const BUCKET_BYTES = LARGEST_BYTES + 40;

/** A frame that is not TCP, into the queue of the client's device. False where the queue has no room. */
function offer(hosts: Hosts, wire: OwnedFd, sizeBytes: number): boolean {
  const bytes = new Uint8Array(sizeBytes);
  for (const [index, mac] of hosts.clientMacs.entries()) bytes.set(mac, index * 6);
  bytes.set(ETHERTYPE_EXPERIMENTAL, 12);
  const result = sendBytes(wire, bytes);
  if (result !== -ERRNO.ENOBUFS) check(result, "send", "Cannot fill a queue");
  return result > 0;
}

/**
 * Fills the queue of the client's device, which must refuse what has no room, until not even the smallest
 * frame has room. Hosts send of themselves: MLD, for instance.
 */
export function fill(hosts: Hosts): void {
  using wire = hosts.client.inside(() => packetSocket(hosts.clientDevice, 0));
  for (const sizeBytes of [LARGEST_BYTES, SMALLEST_BYTES]) while (offer(hosts, wire, sizeBytes));
}

/**
 * A shaper on the client's device that is at its end and gives nothing for minutes: 8 bits a second, and a
 * bucket for hardly more than one frame, which is used up, down to less than any frame takes. What comes
 * later waits in `queue`, words of tc.
 */
export function stopped(hosts: Hosts, queue: string, limitBytes = 1_000_000): void {
  const device = hosts.clientDevice;
  tc(
    hosts.client,
    `qdisc add dev ${device} root handle 1: tbf rate 8bit burst ${BUCKET_BYTES} limit ${limitBytes}`,
  );
  if (queue !== "") tc(hosts.client, `qdisc add dev ${device} parent 1:1 ${queue}`);
  using wire = hosts.client.inside(() => packetSocket(device, 0));
  for (let at = 0; at <= BUCKET_BYTES; at += SMALLEST_BYTES) offer(hosts, wire, SMALLEST_BYTES);
}

/** One more frame. It may push out another: then the sender is not told. */
export function push(hosts: Hosts): void {
  using wire = hosts.client.inside(() => packetSocket(hosts.clientDevice, 0));
  offer(hosts, wire, LARGEST_BYTES);
}
