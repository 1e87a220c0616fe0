/**
 * The same reason, harmless at one site and a loss at another: only what is harmless is hidden, and losses
 * are shown.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openKernelBtf } from "../../src/btf/index.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { addressBytes, Hosts, nextSegment, STRANGER_MAC, waitFor } from "../../src/lab/hosts.ts";
import { frame } from "../../src/lab/packet.ts";
import { ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { CollectingSink } from "../../src/run/collecting-sink.test.kit.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { startRun } from "../../src/run/start-run.ts";
import { openLive } from "../../src/source/open-live.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { acceptTcp, connectTcp, setOption, udpSocket } from "../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../lab/macros.ts";
import { Tap } from "../lab/tap.ts";
import { patient } from "../patience.ts";
import { isNamed } from "./scenarios/reasons.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
/** The kernel must have learned by then; user space polls every 10 to 80 ms. */
const MAX_CLOSES = 200;
/** Kernels before 6.6 give purged queues a reason that they give to much else. */
const PURGED = isNamed("QUEUE_PURGE") ? "QUEUE_PURGE" : "NOT_SPECIFIED";
const VXLAN_PORT = 4789;
const NOT_SPECIFIED =
  [...new ReasonNames(openKernelBtf(), () => undefined).core].find(
    ([, name]) => name === "NOT_SPECIFIED",
  )?.[0] ?? 0;
/** An address unknown to the stacks. */
const PEER = { address: addressBytes(4, 9), text: "192.0.2.9" } as const;

/**
 * The server closes a connection, and the peer's FIN arrives with the ACK of the server's: the socket is
 * destroyed with the FIN in its receive queue. The peer is handmade, because a stack would send the ACK
 * immediately and separately.
 */
async function closeWithFinInQueue(hosts: Hosts, peerPort: number): Promise<void> {
  const port = hosts.newPort();
  hosts.server.run("ip", ["neigh", "replace", PEER.text, "lladdr", "02:00:00:00:00:09", "dev", "srv0"]);
  const listener = hosts.listen(4, port);
  using wire = hosts.capture();
  const from = {
    source: PEER.address,
    destination: addressBytes(4, 2),
    sourcePort: peerPort,
    destinationPort: port,
  };
  hosts.inject({ ...from, seq: 1000, ack: 0, flags: SYN });
  const synAck = await waitFor(
    () => nextSegment(wire, (s) => s.destinationPort === peerPort && s.flags === SYN_ACK),
    "The SYN-ACK",
  );
  const ack = ((synAck?.seq ?? 0) + 1) >>> 0;
  hosts.inject({ ...from, seq: 1001, ack, flags: ACK });
  const server = await waitFor(() => acceptTcp(listener), "The connection");
  server[Symbol.dispose]();
  hosts.inject({ ...from, seq: 1001, ack: (ack + 1) >>> 0, flags: FIN_ACK });
}

test("QUEUE_PURGE of a closed socket is normal, and the socket is believed", LIMIT, async () => {
  await using tracing = await Tracing.open({ all: true, watch: ["server"] });
  await closeWithFinInQueue(tracing.hosts, 41_001);
  const drop = await tracing.expectEvent(({ reason }) => reason === PURGED, "The purge");
  await tracing.finish();
  const { saddr, sport, flags, state, direction, netns } = drop;
  assert.deepEqual(
    { class: drop.class, saddr, sport, flags, state, direction, netns },
    {
      class: "normal",
      saddr: PEER.text,
      sport: 41_001,
      flags: ["FIN", "ACK"],
      state: "CLOSE",
      direction: "rx",
      netns: tracing.hosts.server.inode,
    },
  );
});

/** A trace of the server with default options. */
function openDefault(hosts: Hosts) {
  const live = openLive({ netns: [hosts.server.inode] });
  const sink = new CollectingSink();
  return { source: live.source, sink, run: startRun(live.source, { ...live, sinks: [sink] }) };
}

/** Data after a gap, then a FIN before it: the kernel discards the data beyond the end. */
async function closeWithDataBehindFin(hosts: Hosts): Promise<void> {
  const port = hosts.newPort();
  const { client, server, clientPort, clientSeq, serverSeq } = await hosts.establish(4, port);
  const segment = { ...segmentToServer(4, clientPort, port), ack: serverSeq };
  hosts.inject({ ...segment, seq: clientSeq + 100, flags: PSH_ACK, payload: Buffer.from("late") });
  hosts.inject({ ...segment, seq: clientSeq, flags: FIN_ACK });
  for (const end of [client, server]) end[Symbol.dispose]();
}

test("What is harmless at one site is hidden by user space at first, then in the kernel", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const { source, sink, run } = openDefault(hosts);
  await using _run = run;
  const hidden = (): number =>
    source.counts().drop.hiddenByReason.find(({ reasonCode }) => reasonCode === NOT_SPECIFIED)?.count ?? 0;
  let closes = 0;
  while (hidden() === 0) {
    assert.ok(closes < MAX_CLOSES, `The kernel hid none of ${closes}`);
    await closeWithDataBehindFin(hosts);
    closes += 1;
    // The run drains when the event loop takes a turn.
    await setImmediate();
  }
  const { totals, hiddenByReason } = await run.end();
  const isShown = sink.events.some((event) => event.kind === "drop" && event.site.reason === "NOT_SPECIFIED");
  assert.ok(!isShown, "the FIN that the client sends late is another reason's");
  assert.ok(closes > 1, "only user space recognises the first");
  const found = hiddenByReason.find(({ reason }) => reason === "NOT_SPECIFIED");
  assert.deepEqual([found?.class, found?.count], ["normal", closes]);
  assert.equal(imbalance(totals), 0);
});

test("A purged FIN without data is hidden in the kernel from the first on", LIMIT, async (t) => {
  if (!isNamed("QUEUE_PURGE"))
    return t.skip("before 6.6 the kernel does not distinguish purged queues from other drops");
  using hosts = new Hosts(libcSyscalls);
  const { source, sink, run } = openDefault(hosts);
  await using _run = run;
  const closes = 20;
  for (let made = 0; made < closes; made += 1) await closeWithFinInQueue(hosts, 41_000 + made);
  await waitFor(() => (source.counts().drop.hiddenNormal >= closes ? true : undefined), "The last purge");
  const { totals, hiddenByReason } = await run.end();
  assert.deepEqual(sink.events, []);
  assert.deepEqual(
    hiddenByReason.map(({ reason, class: dropClass, count }) => [reason, dropClass, count]),
    [[PURGED, "normal", closes]],
  );
  assert.equal(imbalance(totals), 0);
});

test("QUEUE_PURGE of packets that wait for the next hop's address is a loss", LIMIT, async () => {
  await using tracing = await Tracing.open({ watch: ["client"] });
  const { hosts } = tracing;
  const port = hosts.newPort();
  hosts.own(hosts.client.inside(() => connectTcp({ address: addressBytes(4, 77), port })));
  hosts.client.run("ip", ["link", "set", "cli0", "down"]);
  const drop = await tracing.expectEvent(({ dport }) => dport === port, "The SYN that waited");
  await tracing.finish();
  assert.deepEqual(
    { reason: drop.reason, class: drop.class, direction: drop.direction },
    { reason: PURGED, class: "loss", direction: "tx" },
  );
  assert.match(drop.location, /^neigh_/);
});

test("QUEUE_PURGE of unread packets of a capture is a copy", LIMIT, async () => {
  await using tracing = await Tracing.open({ all: true, watch: ["client"] });
  const { hosts } = tracing;
  using capture = hosts.capture();
  const { clientPort } = await hosts.establish(4, hosts.newPort());
  capture[Symbol.dispose]();
  await tracing.expectEvent(({ reason }) => reason === PURGED, "The purge");
  await tracing.finish();
  const purged = tracing.drops.filter(({ reason }) => reason === PURGED);
  // SYN and the last ACK, and the SYN-ACK between them.
  assert.deepEqual(
    purged.map(({ class: dropClass, sport, dport }) => [
      dropClass,
      sport === clientPort || dport === clientPort,
    ]),
    [
      ["copy", true],
      ["copy", true],
      ["copy", true],
    ],
  );
});

/** A tun device that nobody reads, with SYNs of `connections` connections in its ring. */
function tunWithWaiting(hosts: Hosts, port: number, connections: number): Tap {
  const tap = hosts.own(new Tap(libcSyscalls, hosts.client, "tun9", "tun"));
  hosts.client.run("ip", ["addr", "add", "198.51.100.1/24", "dev", "tun9"]);
  for (let made = 0; made < connections; made += 1)
    hosts.own(hosts.client.inside(() => connectTcp({ address: Uint8Array.of(198, 51, 100, 2), port })));
  return tap;
}

/** The drops of SYNs to `port`. */
async function syns(
  port: number,
  options: TracingOptions,
  run: (hosts: Hosts) => void,
): Promise<readonly string[]> {
  await using tracing = await Tracing.open({ watch: ["client"], ...options });
  run(tracing.hosts);
  const { hiddenByReason } = await tracing.finish();
  const shown = tracing.drops
    .filter(({ dport }) => dport === port)
    .map(({ reason, class: dropClass }) => `shown ${reason} ${dropClass}`);
  return [
    ...shown,
    ...hiddenByReason.map(({ reason, class: dropClass, count }) => `hidden ${count} ${reason} ${dropClass}`),
  ];
}

for (const stacks of ["all", "none"] as const) {
  const how = stacks === "all" ? "with stacks" : "without stacks";
  test(`The ring of a tun device that its program closes is hidden, ${how}`, LIMIT, async () => {
    const seen = await syns(20_001, { stacks }, (hosts) =>
      tunWithWaiting(hosts, 20_001, 3)[Symbol.dispose](),
    );
    assert.deepEqual(seen, ["hidden 3 NOT_SPECIFIED normal"]);
  });

  test(`Packets that do not fit a shrunk ring of a tun device are a loss, ${how}`, LIMIT, async () => {
    const seen = await syns(20_001, { stacks }, (hosts) => {
      tunWithWaiting(hosts, 20_001, 3);
      hosts.client.run("ip", ["link", "set", "tun9", "txqueuelen", "2"]);
    });
    assert.ok(seen.length > 0);
    assert.deepEqual([...new Set(seen)], ["shown NOT_SPECIFIED loss"]);
  });
}

/**
 * The plain UDP socket stands for a tunnel in user space: packets that do not fit are lost, with the TCP
 * inside.
 */
test("TCP in a UDP tunnel that does not fit its socket is not a copy", LIMIT, async () => {
  await using tracing = await Tracing.open({ watch: ["server"] });
  const { hosts } = tracing;
  const port = hosts.newPort();
  const tunnel = hosts.own(
    hosts.server.inside(() => udpSocket({ address: addressBytes(4, 2), port: VXLAN_PORT })),
  );
  setOption(tunnel, SOL_SOCKET, SO_RCVBUF, 0);
  const lines = [
    `link add vx0 type vxlan id 7 local 192.0.2.1 remote 192.0.2.2 dstport ${VXLAN_PORT} dev cli0`,
    "addr add 198.51.100.1/24 dev vx0",
    "link set vx0 up",
    "neigh replace 198.51.100.2 lladdr 02:00:00:00:00:12 dev vx0",
  ];
  hosts.client.run("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
  for (let made = 0; made < 30; made += 1)
    hosts.own(hosts.client.inside(() => connectTcp({ address: Uint8Array.of(198, 51, 100, 2), port })));
  const drop = await tracing.expectEvent(({ dport }) => dport === port, "A SYN in the tunnel");
  assert.deepEqual(
    { reason: drop.reason, class: drop.class, tunnel: drop.tunnel },
    { reason: "SOCKET_RCVBUFF", class: "loss", tunnel: true },
  );
});

test(
  "OTHERHOST is a loss where the frame was for this host, in a VLAN that it is not in",
  LIMIT,
  async () => {
    await using tracing = await Tracing.open({ watch: ["server"] });
    const { hosts } = tracing;
    const [own, source] = hosts.clientMacs;
    const dport = hosts.newPort();
    const segment = {
      source: PEER.address,
      destination: addressBytes(4, 2),
      sourcePort: 1,
      destinationPort: dport,
      seq: 1,
      ack: 0,
      flags: SYN,
    };
    hosts.injectFrames([frame(segment, [STRANGER_MAC, source]), inVlan(frame(segment, [own, source]), 5)]);
    const { hiddenByReason } = await tracing.finish();
    assert.deepEqual(
      tracing.drops.map(({ reason, class: dropClass, ...drop }) => [reason, dropClass, drop.dport]),
      [["OTHERHOST", "loss", dport]],
    );
    assert.deepEqual(
      hiddenByReason.map(({ reason, class: dropClass, count }) => [reason, dropClass, count]),
      [["OTHERHOST", "normal", 1]],
    );
  },
);

/** With an IEEE 802.1Q tag after the MAC addresses. */
function inVlan(untagged: Uint8Array, vlan: number): Uint8Array {
  return Buffer.concat([
    untagged.subarray(0, 12),
    Uint8Array.of(0x81, 0, vlan >> 8, vlan & 0xff),
    untagged.subarray(12),
  ]);
}
