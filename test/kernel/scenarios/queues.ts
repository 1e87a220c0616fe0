/** Queues of a device that can be filled by a known number of frames. */
import type { Hosts } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import { ROUTER_SERVER_SIDE_MAC, SERVER_MAC } from "../../../src/lab/topology.ts";
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

/** A device, and the MAC addresses of what goes out there: destination, source. */
export interface Outlet {
  readonly host: Netns;
  readonly device: string;
  readonly macs: Hosts["clientMacs"];
}

const ofClient = ({ client, clientDevice, clientMacs }: Hosts): Outlet => ({
  host: client,
  device: clientDevice,
  macs: clientMacs,
});

/** The router's device towards the server. */
export function outletOfRouter({ router }: Hosts): Outlet {
  if (router === undefined) throw new Error("the forwarded path has a router");
  return { host: router, device: "rts0", macs: [SERVER_MAC, ROUTER_SERVER_SIDE_MAC] };
}

/** Puts a non-TCP frame into the device's queue. False if the queue has no room. */
function offer({ macs }: Outlet, wire: OwnedFd, sizeBytes: number): boolean {
  const bytes = new Uint8Array(sizeBytes);
  for (const [index, mac] of macs.entries()) bytes.set(mac, index * 6);
  bytes.set(ETHERTYPE_EXPERIMENTAL, 12);
  const result = sendBytes(wire, bytes);
  if (result !== -ERRNO.ENOBUFS) check(result, "send", "Cannot fill a queue");
  return result > 0;
}

/**
 * Fills a queue, which must reject frames without room, until not even the smallest frame fits; by default that
 * of the client's device. Hosts also send by themselves: MLD, for instance.
 */
export function fill(hosts: Hosts, outlet: Outlet = ofClient(hosts)): void {
  using wire = outlet.host.inside(() => packetSocket(outlet.device, 0));
  for (const sizeBytes of [LARGEST_BYTES, SMALLEST_BYTES]) while (offer(outlet, wire, sizeBytes));
}

/**
 * An exhausted shaper, on the client's device if no other is given, which sends nothing for minutes: 8 bits per second, and a
 * bucket for little more than one frame, of which less than the smallest frame is left. Later frames wait in
 * `queue`, arguments of tc.
 */
export function stopped(
  hosts: Hosts,
  queue: string,
  limitBytes = 1_000_000,
  outlet: Outlet = ofClient(hosts),
): void {
  const { host, device } = outlet;
  tc(host, `qdisc add dev ${device} root handle 1: tbf rate 8bit burst ${BUCKET_BYTES} limit ${limitBytes}`);
  if (queue !== "") tc(host, `qdisc add dev ${device} parent 1:1 ${queue}`);
  using wire = host.inside(() => packetSocket(device, 0));
  for (let at = 0; at <= BUCKET_BYTES; at += SMALLEST_BYTES) offer(outlet, wire, SMALLEST_BYTES);
}

/** One more frame. It may displace another: then the sender is not notified. */
export function push(hosts: Hosts): void {
  using wire = hosts.client.inside(() => packetSocket(hosts.clientDevice, 0));
  offer(ofClient(hosts), wire, LARGEST_BYTES);
}
