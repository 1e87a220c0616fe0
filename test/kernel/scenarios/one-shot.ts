/**
 * Segments that are sent once: no timer may retransmit them while a slow machine still traces.
 */
import assert from "node:assert/strict";
import { type Family, type Hosts, waitFor } from "../../../src/lab/hosts.ts";
import type { Segment } from "../../../src/lab/packet.ts";
import { ERRNO } from "../../../src/sys/errno.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { SOL_TCP, TCP_REPAIR } from "../../../src/sys/macros.ts";
import { getOption, localPort, setOption } from "../../../src/sys/sockets.ts";
import { SO_ERROR, SOL_SOCKET } from "../../lab/macros.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "./segments.ts";

/**
 * The SYN of a real connect(): its socket is closed before it could send another. Returns the source port.
 */
export function connectOnce(hosts: Hosts, family: Family, dport: number): number {
  const socket = hosts.connect(family, dport);
  const sport = localPort(socket);
  socket[Symbol.dispose]();
  return sport;
}

/**
 * Closes a connection without notifying its peer and without retransmitting anything: net/ipv4/tcp.c,
 * tcp_disconnect() under repair.
 */
export function vanish(connection: OwnedFd): void {
  setOption(connection, SOL_TCP, TCP_REPAIR, 1);
  connection[Symbol.dispose]();
}

/** A handmade SYN, from a port that no stack uses. */
export function syn(family: Family, dport: number, more: Partial<Segment> = {}): Segment {
  return { ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags: SYN, ...more };
}

/** What a drop of that SYN must show. */
export function synDrop(dport: number) {
  return { state: undefined, flags: ["SYN"], sport: NO_STACK_PORT, dport } as const;
}

/** Waits until a socket has failed with this error. */
export async function hasEnded(socket: OwnedFd, error: keyof typeof ERRNO): Promise<void> {
  const errno = await waitFor(
    () => getOption(socket, SOL_SOCKET, SO_ERROR) || undefined,
    `${error} of a socket`,
  );
  assert.equal(errno, ERRNO[error]);
}
