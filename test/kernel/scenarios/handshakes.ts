/** Unfinished handshakes of a handmade peer, and listeners with full queues. */
import { waitFor } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { readCounters } from "./counters.ts";
import type { TcpFields } from "./frames.ts";
import { type HandmadeConnection, HandmadePeer } from "./handmade-peer.ts";
import { since } from "./reasons.ts";
import type { Lab } from "./scenario.ts";

/** Invalid for a listener, which answers with a RST: tcp_rcv_state_process(); has a name since 6.9. */
export function senselessToListener({ family }: Lab) {
  return {
    reason: since("TCP_ABORT_ON_DATA", "TCP_FLAGS", "NOT_SPECIFIED"),
    class: since("TCP_ABORT_ON_DATA", "refused", "loss"),
    frame: `tcp_v${family}_do_rcv`,
  } as const;
}

/** A peer that has received its SYN-ACK, and not answered. */
export async function halfOpen(
  lab: Lab,
  prepare: (listener: OwnedFd) => void = () => undefined,
  syn: Partial<TcpFields> = {},
) {
  const dport = lab.hosts.newPort();
  const listener = lab.hosts.listen(lab.family, dport);
  prepare(listener);
  const peer = HandmadePeer.join(lab);
  const connection = await peer.begin(dport, syn);
  // The kernel passes the listener to the drop, not the request: tcp_v4_rcv(), TCP_NEW_SYN_RECV, `sk =
  // req->rsk_listener`.
  return { peer, listener, connection, dropped: { ...connection.dropped, state: "LISTEN" } } as const;
}

/**
 * A handshake that lacks its last ACK, at a listener whose accept queue has become full.
 *
 * With a backlog of 3 the accept queue holds 4. At most 3 handshakes are in progress at a time: some kernels
 * accept 3, others 4.
 */
export async function halfOpenAtFullQueue(lab: Lab): Promise<HandmadeConnection> {
  const dport = lab.hosts.newPort();
  lab.hosts.listen(lab.family, dport, 3);
  const peer = HandmadePeer.join(lab);
  const begin = (sport: number): Promise<HandmadeConnection> => peer.begin(dport, { sport });
  const [a, b, c] = [await begin(2001), await begin(2002), await begin(2003)];
  a.send({});
  b.send({});
  const [d, last] = [await begin(2004), await begin(2005)];
  c.send({});
  d.send({});
  await passiveOpens(lab, 4);
  return last;
}

/** Waits until the server has this many connections. */
export async function passiveOpens({ hosts }: Lab, count: number): Promise<void> {
  await waitFor(
    () => readCounters(hosts.server).get("TcpPassiveOpens") === count || undefined,
    `Connection ${count}`,
  );
}
