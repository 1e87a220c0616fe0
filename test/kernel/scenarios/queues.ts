/** Queues of a device that can be filled by a known number of frames. */
import type { Hosts } from "../../../src/lab/hosts.ts";
import { check, ERRNO } from "../../../src/sys/errno.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { packetSocket, sendBytes } from "../../../src/sys/sockets.ts";
import { tc } from "./rules.ts";

/** IEEE 802 local experimental: nothing receives it, and it is not TCP. */
const ETHERTYPE_EXPERIMENTAL = [0x88, 0xb5] as const;

/** Bytes of a frame: the maximum and the minimum. */
export const LARGEST_BYTES = 1_514;
const SMALLEST_BYTES = 60;
const BUCKET_BYTES = LARGEST_BYTES + 40;

/** Puts a non-TCP frame into the queue of the client's device. False if the queue has no room. */
function offer(hosts: Hosts, wire: OwnedFd, sizeBytes: number): boolean {
  const bytes = new Uint8Array(sizeBytes);
  for (const [index, mac] of hosts.clientMacs.entries()) bytes.set(mac, index * 6);
  bytes.set(ETHERTYPE_EXPERIMENTAL, 12);
  const result = sendBytes(wire, bytes);
  if (result !== -ERRNO.ENOBUFS) check(result, "send", "Cannot fill a queue");
  return result > 0;
}

/**
 * Fills the queue of the client's device, which must reject frames without room, until not even the smallest
 * frame fits. Hosts also send by themselves: MLD, for instance.
 */
export function fill(hosts: Hosts): void {
  using wire = hosts.client.inside(() => packetSocket(hosts.clientDevice, 0));
  for (const sizeBytes of [LARGEST_BYTES, SMALLEST_BYTES]) while (offer(hosts, wire, sizeBytes));
}

/**
 * An exhausted shaper on the client's device, which sends nothing for minutes: 8 bits per second, and a
 * bucket for little more than one frame, of which less than the smallest frame is left. Later frames wait in
 * `queue`, arguments of tc.
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

/** One more frame. It may displace another: then the sender is not notified. */
export function push(hosts: Hosts): void {
  using wire = hosts.client.inside(() => packetSocket(hosts.clientDevice, 0));
  offer(hosts, wire, LARGEST_BYTES);
}
