/** One send of a real connection that TCP hands down as one skb: five wire segments on Ethernet. */
import type { Connection, Family, Hosts } from "../../../src/lab/hosts.ts";
import { sendBytes } from "../../../src/sys/sockets.ts";
import { vanish } from "./one-shot.ts";

/**
 * 4 times the largest segment and a bit: it has 1448 bytes for IPv4, 1428 for IPv6. One skb takes half of the
 * congestion window of 10 at most: net/ipv4/tcp_output.c, tcp_cwnd_test().
 */
const BIG_BYTES = 6_500;
const BIG_SEGMENTS = 5;

/** A connection whose sender glues as much as it may, however slow the handshake was (tcp_tso_autosize()). */
export async function establishForBigSends(hosts: Hosts, family: Family): Promise<Connection> {
  hosts.setSysctl(hosts.client, "ipv4/tcp_min_tso_segs", "64");
  // No tail loss probe: it would come within milliseconds, and a busy machine may need them to end the
  // connection.
  hosts.setSysctl(hosts.client, "ipv4/tcp_early_retrans", "0");
  return hosts.establish(family, hosts.newPort());
}

/** Sends it once: the connection is gone before anything could be sent again. */
export function sendBigOnce({ client }: Connection): void {
  sendBytes(client, new Uint8Array(BIG_BYTES));
  vanish(client);
}

export const bigSend = {
  flags: ["PSH", "ACK"],
  segments: BIG_SEGMENTS,
  also: { payloadLen: BIG_BYTES },
} as const;
