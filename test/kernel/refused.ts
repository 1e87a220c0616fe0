/** Listeners that refuse SYNs, for one test, with the kernel's counters and the events. */
import assert from "node:assert/strict";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { addressBytes, CLIENT, type Family, type Hosts, SERVER } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import type { RefusedCause, RefusedEvent, TraceItem } from "../../src/model/index.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { POLLOUT } from "../../src/sys/macros.ts";
import { connectTcp, listenTcp } from "../../src/sys/sockets.ts";
import { readCounters } from "./scenarios/counters.ts";

/**
 * Before Linux 6.11 the kernel does not say which drops belong to a listener: then every count is an upper
 * bound.
 */
export const EXACT = kfreeSkbArguments(new KernelTypes(openKernelBtf())).rxSk !== undefined;

export function refusedEvents(events: readonly TraceItem[]): readonly RefusedEvent[] {
  return events.filter((event) => event.kind === "refused");
}

export const sum = (events: readonly RefusedEvent[]): number =>
  events.reduce((total, { detail }) => total + detail.count, 0);

/** How much a TcpExt counter of the namespace rose since `from`. */
export function counter(host: Netns, name: string, from = 0): number {
  return (readCounters(host).get(`TcpExt${name}`) ?? assert.fail(name)) - from;
}

/**
 * Connects several times to a listener with a backlog of 0, whose accept queue is full after the first, and
 * closes the clients, so that none retries. All in one call, without a turn of the event loop.
 */
export function overfill(hosts: Hosts, family: Family, port: number, times = 5): void {
  const clients = connectSeveral(times, () => hosts.connect(family, port));
  for (const client of clients) client[Symbol.dispose]();
}

/**
 * The queue is full once the first handshake is over, which takes its time where softirqs have to wait. Half the
 * SYN's timer: where the queue is full already, nobody answers, and the SYN must not be sent again.
 */
const HANDSHAKE_MS = 500;

function connectSeveral(times: number, connect: () => OwnedFd): readonly OwnedFd[] {
  const first = connect();
  libcSyscalls.poll(first.fd, POLLOUT, HANDSHAKE_MS);
  return [first, ...Array.from({ length: times - 1 }, connect)];
}

/** The same in the other direction: the client's host listens. */
export function overfillClient(hosts: Hosts, family: Family, port: number, times = 5): OwnedFd {
  const listener = hosts.own(
    hosts.client.inside(() => listenTcp({ address: addressBytes(family, CLIENT), port }, 0)),
  );
  const from = { address: addressBytes(family, SERVER), port: 0 };
  const to = { address: addressBytes(family, CLIENT), port };
  const clients = hosts.server.inside(() => connectSeveral(times, () => connectTcp(to, from)));
  for (const client of clients) client[Symbol.dispose]();
  return listener;
}

/** Every refused SYN is reported once, with its listener and cause. */
export function expectAll(
  events: readonly RefusedEvent[],
  expected: { netns: number; daddr: string; dport: number; cause: RefusedCause; count: number },
): void {
  const found = events.filter(
    ({ device, flow }) => device?.netns === expected.netns && flow?.dport === expected.dport,
  );
  assert.equal(
    sum(found),
    expected.count,
    JSON.stringify(events, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
  for (const event of found) {
    assert.deepEqual(
      [event.site.reason, event.detail.atMost, event.flow?.daddr],
      // LISTEN_DROP is an upper bound everywhere: ICMP errors and unknown MPTCP joins count as one too.
      [expected.cause, !EXACT || expected.cause === "LISTEN_DROP", expected.daddr],
    );
    assert.ok(event.detail.sinceNs < event.timeNs);
  }
}
