/** Next hops with an unknown link address. */
import type { Family, Hosts } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { connectTcp, localPort } from "../../../src/sys/sockets.ts";

export const NOBODY = { 4: "192.0.2.77", 6: "2001:db8::77" } as const;

export interface Unanswered {
  readonly socket: OwnedFd;
  readonly sport: number;
  readonly dport: number;
  readonly daddr: string;
}

/**
 * A SYN of the client to an unused address of its network: it waits for an answer that does not come within
 * seconds.
 */
export function unanswered(hosts: Hosts, family: Family, bytes: (text: string) => Uint8Array): Unanswered {
  const dport = hosts.newPort();
  const daddr = NOBODY[family];
  const socket = hosts.own(hosts.client.inside(() => connectTcp({ address: bytes(daddr), port: dport })));
  return { socket, sport: localPort(socket), dport, daddr };
}
