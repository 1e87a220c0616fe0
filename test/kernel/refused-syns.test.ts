/**
 * Refused SYNs have no kfree_skb event: they are reported as counts, each once, and nothing else with them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESS, type Family, waitFor } from "../../src/lab/hosts.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import type { Path } from "../../src/lab/topology.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { setOption } from "../../src/sys/sockets.ts";
import { SO_ATTACH_FILTER, SOL_SOCKET } from "../lab/macros.ts";
import { patient, SLOWNESS } from "../patience.ts";
import { counter, EXACT, expectAll, overfill, overfillClient, refusedEvents, sum } from "./refused.ts";
import { hasReason } from "./scenarios/reasons.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
/** In emulation, where each takes most of a minute, each family comes up, and two of the paths. */
const EMULATED = SLOWNESS > 1;
const FAMILIES: readonly Family[] = EMULATED ? [6] : [4, 6];
const FAMILIES_OF: Readonly<Record<Path, readonly Family[]>> = EMULATED
  ? { veth: [4], loopback: [6], forwarded: [] }
  : { veth: [4, 6], loopback: [4, 6], forwarded: [4, 6] };

for (const path of ["veth", "loopback", "forwarded"] satisfies Path[])
  for (const family of FAMILIES_OF[path])
    test(
      `a full accept queue, ${path}, IPv${family}: as many are reported as ListenDrops counts`,
      LIMIT,
      async () => {
        await using tracing = await Tracing.open({ path, refusedSyns: "counted" });
        const { hosts } = tracing;
        const port = hosts.newPort();
        hosts.listen(family, port, 0);
        overfill(hosts, family, port);
        await waitFor(
          () => (counter(hosts.server, "ListenDrops") >= 4 ? true : undefined),
          "Four refused SYNs",
        );
        const { totals } = await tracing.finish();
        const count = counter(hosts.server, "ListenDrops");
        assert.equal(counter(hosts.server, "ListenOverflows"), count);
        const events = refusedEvents(tracing.events);
        expectAll(events, {
          netns: hosts.server.inode,
          daddr: ADDRESS.server[family],
          dport: port,
          cause: "ACCEPT_QUEUE_FULL",
          count,
        });
        assert.deepEqual(totals.refusedSyns, {
          count,
          atMost: !EXACT,
          byCause: { ACCEPT_QUEUE_FULL: count },
          causesAtMost: EXACT ? [] : ["ACCEPT_QUEUE_FULL"],
          problem: undefined,
        });
        assert.deepEqual(
          [events[0]?.detail.acceptQueue, events[0]?.detail.acceptQueueLimit, events[0]?.flow?.ip],
          [1, 0, family],
        );
      },
    );

test("two listeners in each of two namespaces: each has its own count", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: "counted" });
  const { hosts } = tracing;
  const [a, b, c, d] = [hosts.newPort(), hosts.newPort(), hosts.newPort(), hosts.newPort()];
  hosts.listen(4, a, 0);
  hosts.listen(6, b, 0);
  overfill(hosts, 4, a, 5);
  overfill(hosts, 6, b, 8);
  overfillClient(hosts, 4, c, 3);
  overfillClient(hosts, 6, d, 6);
  await waitFor(
    () =>
      counter(hosts.server, "ListenDrops") >= 11 && counter(hosts.client, "ListenDrops") >= 7
        ? true
        : undefined,
    "18 refused SYNs",
  );
  await tracing.finish();
  const events = refusedEvents(tracing.events);
  const cause = "ACCEPT_QUEUE_FULL";
  expectAll(events, { netns: hosts.server.inode, daddr: ADDRESS.server[4], dport: a, cause, count: 4 });
  expectAll(events, { netns: hosts.server.inode, daddr: ADDRESS.server[6], dport: b, cause, count: 7 });
  expectAll(events, { netns: hosts.client.inode, daddr: ADDRESS.client[4], dport: c, cause, count: 2 });
  expectAll(events, { netns: hosts.client.inode, daddr: ADDRESS.client[6], dport: d, cause, count: 5 });
  assert.equal(sum(events), 18);
});

/** SYNs from peers that do not exist: their handshakes stay half open. */
function halfOpen(tracing: Tracing, family: Family, port: number, count: number): void {
  const { hosts } = tracing;
  const [source, destination] =
    family === 4 ? [Uint8Array.of(192, 0, 2, 9), Uint8Array.of(192, 0, 2, 2)] : [v6(9), v6(2)];
  const address = family === 4 ? "192.0.2.9" : "2001:db8::9";
  hosts.server.run("ip", [
    "neigh",
    "replace",
    address,
    "lladdr",
    "02:00:00:00:00:09",
    "dev",
    hosts.serverDevice,
  ]);
  hosts.injectAll(
    Array.from({ length: count }, (_unused, at) => ({
      source,
      destination,
      sourcePort: 42_000 + at,
      destinationPort: port,
      seq: 1,
      ack: 0,
      flags: 0x02,
    })),
  );
}

const v6 = (last: number): Uint8Array =>
  Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);

for (const family of FAMILIES)
  test(`a full SYN queue without SYN cookies, IPv${family}`, LIMIT, async () => {
    await using tracing = await Tracing.open({ refusedSyns: "counted" });
    const { hosts } = tracing;
    hosts.setSysctl(hosts.server, "ipv4/tcp_syncookies", "0");
    const port = hosts.newPort();
    hosts.listen(family, port, 3);
    halfOpen(tracing, family, port, 20);
    await waitFor(() => (counter(hosts.server, "ListenDrops") >= 16 ? true : undefined), "Refused SYNs");
    await tracing.finish();
    const count = counter(hosts.server, "ListenDrops");
    assert.equal(counter(hosts.server, "TCPReqQFullDrop"), count);
    const events = refusedEvents(tracing.events);
    expectAll(events, {
      netns: hosts.server.inode,
      daddr: ADDRESS.server[family],
      dport: port,
      cause: "SYN_QUEUE_FULL",
      count,
    });
  });

test("the last quarter of tcp_max_syn_backlog, which only ListenDrops counts", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: "counted" });
  const { hosts } = tracing;
  hosts.setSysctl(hosts.server, "ipv4/tcp_syncookies", "0");
  hosts.setSysctl(hosts.server, "ipv4/tcp_max_syn_backlog", "16");
  const port = hosts.newPort();
  hosts.listen(4, port, 100);
  halfOpen(tracing, 4, port, 30);
  await waitFor(() => (counter(hosts.server, "ListenDrops") >= 10 ? true : undefined), "Refused SYNs");
  await tracing.finish();
  const count = counter(hosts.server, "ListenDrops");
  assert.deepEqual(
    [counter(hosts.server, "TCPReqQFullDrop"), counter(hosts.server, "ListenOverflows")],
    [0, 0],
  );
  expectAll(refusedEvents(tracing.events), {
    netns: hosts.server.inode,
    daddr: ADDRESS.server[4],
    dport: port,
    cause: "LISTEN_DROP",
    count,
  });
});

/** struct sock_fprog with one instruction: return `bytes`; 0 drops the packet, -1 keeps all of it. */
function returnFilter(listener: OwnedFd, bytes: number): void {
  const BPF_RET_K = 0x06;
  const instruction = new Uint8Array(Uint32Array.of(BPF_RET_K, bytes >>> 0).buffer);
  const program = new BigUint64Array([1n, libcSyscalls.addressOf(instruction)]);
  setOption(listener, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(program.buffer));
}

for (const family of FAMILIES)
  test(
    `drops of a listener's filter have events, and are not reported again as refused, IPv${family}`,
    LIMIT,
    async () => {
      await using tracing = await Tracing.open({ refusedSyns: "counted" });
      const { hosts } = tracing;
      const port = hosts.newPort();
      const listener = hosts.listen(family, port, 0);
      returnFilter(listener, 0);
      overfill(hosts, family, port, 4);
      await waitFor(() => (tracing.drops.length >= 4 ? true : undefined), "Four filtered SYNs");
      assert.equal(counter(hosts.server, "ListenDrops"), 0);
      assert(tracing.drops.length > 0 && tracing.drops.every((drop) => hasReason(drop, "SOCKET_FILTER")));
      returnFilter(listener, -1);
      overfill(hosts, family, port, 4);
      await waitFor(
        () => (counter(hosts.server, "ListenDrops") >= 3 ? true : undefined),
        "Three refused SYNs",
      );
      await tracing.finish();
      const events = refusedEvents(tracing.events);
      expectAll(events, {
        netns: hosts.server.inode,
        daddr: ADDRESS.server[family],
        dport: port,
        cause: "ACCEPT_QUEUE_FULL",
        count: 3,
      });
      assert.equal(sum(events), 3);
    },
  );

test("a filter's drops alone: nothing is refused", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: "counted" });
  const { hosts } = tracing;
  const port = hosts.newPort();
  returnFilter(hosts.listen(4, port, 0), 0);
  overfill(hosts, 4, port, 4);
  await waitFor(() => (tracing.drops.length >= 4 ? true : undefined), "Four filtered SYNs");
  const { totals } = await tracing.finish();
  assert.deepEqual(totals.refusedSyns, {
    count: 0,
    atMost: false,
    byCause: {},
    causesAtMost: [],
    problem: undefined,
  });
});

test(
  "the last ACK of a handshake without room has an event, although ListenDrops counts it too",
  LIMIT,
  async () => {
    await using tracing = await Tracing.open({ watch: ["server"], refusedSyns: "counted" });
    const { hosts } = tracing;
    const scene = SCENES.find(({ name }) => name === "accept-queue-full");
    assert(scene !== undefined);
    await scene.run(hosts);
    await waitFor(
      () =>
        tracing.drops.find((drop) => (EXACT ? drop.state === "LISTEN" : hasReason(drop, "NOT_SPECIFIED"))),
      "The last ACK",
    );
    await waitFor(() => (counter(hosts.server, "ListenDrops") >= 1 ? true : undefined), "Its count");
    await tracing.finish();
    const drops = tracing.drops.filter(({ state }) => state === "LISTEN").length;
    const reported = sum(refusedEvents(tracing.events));
    // If the kernel does not give the receiving socket, none of them has a state, and the count is an upper
    // bound.
    assert.equal(drops + reported, counter(hosts.server, "ListenDrops"), "each is reported once");
    assert.ok(EXACT || refusedEvents(tracing.events).every(({ detail }) => detail.atMost));
  },
);
