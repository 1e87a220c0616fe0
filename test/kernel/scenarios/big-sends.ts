/** One send of a real connection that TCP passes down as one skb: five wire segments on Ethernet. */
import type { Connection, Family, Hosts } from "../../../src/lab/hosts.ts";
import { sendBytes } from "../../../src/sys/sockets.ts";
import { vanish } from "./one-shot.ts";

/**
 * A little more than 4 times the largest segment of 1448 bytes for IPv4, 1428 for IPv6. One skb takes at most
 * half of the congestion window of 10: net/ipv4/tcp_output.c, tcp_cwnd_test().
 */
const BIG_BYTES = 6_500;
const BIG_SEGMENTS = 5;

/**
 * A connection whose sender merges as much as it may, however slow the handshake was (tcp_tso_autosize()).
 */
export async function establishForBigSends(hosts: Hosts, family: Family): Promise<Connection> {
  hosts.setSysctl(hosts.client, "ipv4/tcp_min_tso_segs", "64");
  // No tail loss probe: it would be sent within milliseconds, before a busy machine has ended the connection.
  hosts.setSysctl(hosts.client, "ipv4/tcp_early_retrans", "0");
  return hosts.establish(family, hosts.newPort());
}

/** Sends it once: the connection is gone before it can be retransmitted. */
export function sendBigOnce({ client }: Connection): void {
  sendBytes(client, new Uint8Array(BIG_BYTES));
  vanish(client);
}

export const bigSend = {
  flags: ["PSH", "ACK"],
  segments: BIG_SEGMENTS,
  also: { payloadLen: BIG_BYTES },
} as const;
