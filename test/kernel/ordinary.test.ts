/**
 * Ordinary traffic that the kernel frees as if it were dropped, although it was used: none of it is a loss.
 * Beside healthy.test.ts, whose programs do not set such options.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addressBytes, type Hosts, SERVER, waitFor } from "../../src/lab/hosts.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { SOL_TCP } from "../../src/sys/macros.ts";
import {
  acceptTcp,
  connectTcp,
  listenTcp,
  peekBytes,
  receiveBytes,
  sendBytes,
  setOption,
} from "../../src/sys/sockets.ts";
import type { DropFacts } from "../drop-facts.ts";
import {
  IPPROTO_MPTCP,
  SO_RCVBUF,
  SO_TIMESTAMPING,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
} from "../lab/macros.ts";
import { patient } from "../patience.ts";
import { acknowledged } from "./scenarios/connection.ts";
import { readCounters } from "./scenarios/counters.ts";
import { list } from "./scenarios/expect.ts";
import { missing } from "./scenarios/features.ts";
import { givesSocket, isNamed } from "./scenarios/reasons.ts";
import { SYN, segmentToServer } from "./scenarios/segments.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
const HELLO = Buffer.from("hello");
const CONNECTIONS = 20;

/** Everything that was dropped while it ran, harmless drops too. */
async function dropsOf(run: (hosts: Hosts) => Promise<void>): Promise<readonly DropFacts[]> {
  await using tracing = await Tracing.open({ all: true });
  await run(tracing.hosts);
  await tracing.finish();
  return tracing.drops;
}

function countOf(drops: readonly DropFacts[], variant: string): number {
  return drops.filter((drop) => drop.variant === variant).length;
}

function checkNoLoss(drops: readonly DropFacts[]): void {
  const lost = drops.filter((drop) => drop.class === "loss");
  assert.deepEqual(
    lost.map(({ reason, variant, state, flags, location }) => [
      reason,
      variant,
      state,
      flags?.join(),
      location,
    ]),
    [],
  );
}

async function accepted(listener: OwnedFd): Promise<OwnedFd> {
  return waitFor(() => acceptTcp(listener), "The connection");
}

describe("where the kernel names a full accept queue", { skip: !isNamed("TCP_LISTEN_OVERFLOW") }, () => {
  test("the last ACK at a listener with TCP_DEFER_ACCEPT is no loss", LIMIT, async () => {
    const drops = await dropsOf(async (hosts) => {
      const port = hosts.newPort();
      const listener = hosts.listen(4, port);
      setOption(listener, SOL_TCP, TCP_DEFER_ACCEPT, 5);
      for (let made = 0; made < CONNECTIONS; made += 1) {
        const client = hosts.connect(4, port);
        await waitFor(() => (sendBytes(client, HELLO) > 0 ? true : undefined), "The open connection");
        using server = await accepted(listener);
        await waitFor(() => receiveBytes(server, HELLO.length), "The data");
      }
    });
    checkNoLoss(drops);
    assert.ok(countOf(drops, "not-specified/deferred-accept") > 0, "some last ACKs came before the data");
  });
});

test("a scan that resets what it half opened is no loss", { ...LIMIT, skip: !givesSocket }, async () => {
  const drops = await dropsOf(async (hosts) => {
    const port = hosts.newPort();
    hosts.listen(4, port);
    // The client's stack knows nothing of these SYNs, and answers each SYN-ACK with a RST.
    for (let sport = 1000; sport < 1000 + CONNECTIONS; sport += 1)
      hosts.inject({ ...segmentToServer(4, sport, port), seq: 1, flags: SYN });
    const ended = (): true | undefined =>
      readCounters(hosts.server).get("TcpExtEmbryonicRsts") === CONNECTIONS || undefined;
    await waitFor(ended, "The RSTs");
  });
  checkNoLoss(drops);
  const variant = isNamed("TCP_LISTEN_OVERFLOW") ? "half-open-rst" : "half-open-rst-unverified";
  assert.equal(countOf(drops, `not-specified/${variant}`), CONNECTIONS);
  assert.equal(countOf(drops, "no-socket/syn-ack"), CONNECTIONS);
});

test("time stamps that nobody reads are no loss of what was sent", LIMIT, async () => {
  const drops = await dropsOf(async (hosts) => {
    const { client, server } = await hosts.establish(4, hosts.newPort());
    // Two stamps, and the error queue has no more room.
    setOption(client, SOL_SOCKET, SO_RCVBUF, 1);
    setOption(client, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    for (let sent = 0; sent < CONNECTIONS; sent += 1) {
      sendBytes(client, HELLO);
      await waitFor(() => receiveBytes(server, HELLO.length), "The data");
    }
    // The client is the last to close, so that its socket goes at once, with two stamps in its error queue.
    server[Symbol.dispose]();
    await waitFor(() => (sendBytes(client, HELLO) < 0 ? true : undefined), "The RST");
    client[Symbol.dispose]();
  });
  checkNoLoss(drops);
  assert.ok(countOf(drops, "queue-purge/error-queue-of-closed-socket") > 0, list(drops));
  assert.ok(
    countOf(drops, "any/timestamp-clone") > CONNECTIONS / 2,
    `${countOf(drops, "any/timestamp-clone")}`,
  );
});

test("an MPTCP socket that is closed with unread data is no loss", {
  ...LIMIT,
  skip: missing("mptcp"),
}, async () => {
  const drops = await dropsOf(async (hosts) => {
    const port = hosts.newPort();
    const to = { address: addressBytes(4, SERVER), port };
    const listener = hosts.own(hosts.server.inside(() => listenTcp(to, CONNECTIONS, IPPROTO_MPTCP)));
    for (let made = 0; made < CONNECTIONS; made += 1) {
      const client = hosts.own(hosts.client.inside(() => connectTcp(to, undefined, IPPROTO_MPTCP)));
      using server = await accepted(listener);
      sendBytes(client, HELLO);
      await waitFor(() => peekBytes(server, HELLO.length), "The data");
      await acknowledged(client);
    }
  });
  checkNoLoss(drops);
  assert.ok(countOf(drops, "queue-purge/mptcp-closed") > 0, "the kernel frees it as if dropped");
});

test("a capture that ends unread is no loss, in rows and in totals", {
  ...LIMIT,
  skip: !isNamed("QUEUE_PURGE"),
}, async () => {
  await using tracing = await Tracing.open({ all: true, watch: ["client"] });
  const { hosts } = tracing;
  using capture = hosts.capture();
  const { client, server } = await hosts.establish(4, hosts.newPort());
  sendBytes(client, HELLO);
  await waitFor(() => receiveBytes(server, HELLO.length), "The data");
  capture[Symbol.dispose]();
  await tracing.expectEvent(({ reason }) => reason === "QUEUE_PURGE", "The purge");
  const { bySite } = await tracing.finish();
  checkNoLoss(tracing.drops);
  assert.deepEqual(
    bySite.filter(({ reason }) => reason === "QUEUE_PURGE").map(({ class: dropClass }) => dropClass),
    ["copy"],
  );
  assert.ok(countOf(tracing.drops, "any/copy") >= 3);
});
