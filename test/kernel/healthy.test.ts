/**
 * Ordinary traffic of healthy programs, with a real HTTP server and client: nothing is a loss, and nothing
 * harmless is shown.
 *
 * Exceptions are listed here with their reason. Everything else must be hidden.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { libcSyscalls } from "../../src/sys/libc.ts";
import type { DropFacts } from "../drop-facts.ts";
import { setOffload } from "../lab/offload.ts";
import { patient, SLOWNESS } from "../patience.ts";
import type { Done } from "./healthy/client.ts";
import { traffic } from "./healthy/traffic.ts";
import { isNamed } from "./scenarios/reasons.ts";
import { Tracing } from "./tracing.ts";

/**
 * How much slower the machine is than the one that this test was made for; then it makes fewer connections.
 */
const LIMIT = { timeout: patient(60_000) };
/**
 * Needless retransmissions: caused by late ACKs on a busy machine, and by data that fills a closing window.
 */
const SENT_AGAIN = [
  "TCP_OLD_DATA duplicate",
  "TCP_OLD_SEQUENCE duplicate",
  "TCP_OFOMERGE duplicate",
  "TCP_OFO_DROP duplicate",
];
/** Segments in flight when an end gave up: answered with a RST, or a RST themselves. */
const GIVEN_UP = ["TCP_ABORT_ON_DATA refused", "NO_SOCKET refused", "TCP_CLOSE refused", "TCP_RESET refused"];

/** Fails with the drops that should not have been shown. */
function checkShown(drops: readonly DropFacts[], allowed: readonly string[]): void {
  const lines = drops
    .filter((drop) => !allowed.includes(`${drop.reason} ${drop.class}`))
    .map(({ reason, class: dropClass, state, flags, payloadLen, stack }) =>
      [reason, dropClass, state, flags?.join("|"), `${payloadLen} bytes`, ...(stack?.slice(0, 6) ?? [])].join(
        " ",
      ),
    );
  assert.equal(lines.length, 0, lines.slice(0, 10).join("\n"));
}

/**
 * The answer to a FIN that a busy machine retransmitted, for a connection that is gone. It is shown: it looks
 * like one whose peer believes the connection to be open.
 */
function isLateAck({ reason, flags, payloadLen }: DropFacts): boolean {
  return reason === "NO_SOCKET" && flags?.join() === "ACK" && payloadLen === 0;
}

const sum = (done: readonly Done[]): number =>
  done.flatMap((each) => Object.values(each)).reduce((total, count) => total + count, 0);

test("Thousands of connections that close in order: no loss is shown", LIMIT, async (t) => {
  await using tracing = await Tracing.open();
  const done = await traffic(tracing.hosts, "orderly");
  const { totals, shownByReason, hiddenByReason } = await tracing.finish();
  t.diagnostic(
    JSON.stringify({
      shown: shownByReason.map(({ reason, class: dropClass, count }) => `${reason} ${dropClass} ${count}`),
      hidden: hiddenByReason.map(({ reason, class: dropClass, count }) => `${reason} ${dropClass} ${count}`),
    }),
  );
  assert.ok(sum(done) > 3000 / SLOWNESS);
  const late = tracing.drops.filter(isLateAck);
  assert.ok(late.length <= Math.max(5, sum(done) / 100), `${late.length} late ACKs`);
  checkShown(
    tracing.drops.filter((drop) => !isLateAck(drop)),
    SENT_AGAIN,
  );
  assert.deepEqual({ lost: totals.lost, undecodable: totals.undecodable }, { lost: 0, undecodable: 0 });
  assert.ok(hiddenByReason.length > 0, "the kernel frees harmless segments as dropped, and they are counted");
});

test("Bulk that GRO merges: no loss is shown", LIMIT, async (t) => {
  await using tracing = await Tracing.open();
  const { hosts } = tracing;
  for (const [host, device] of [
    [hosts.client, hosts.clientDevice],
    [hosts.server, hosts.serverDevice],
  ] as const) {
    setOffload(libcSyscalls, host, device, "gro", true);
    setOffload(libcSyscalls, host, device, "tso", false);
    // A veth with NAPI holds 256 packets (VETH_RING_SIZE, drivers/net/veth.c) and drops the rest: fewer than
    // that are in flight.
    hosts.setSysctl(host, "ipv4/tcp_rmem", "4096 131072 200000");
  }
  const done = await traffic(hosts, "bulk");
  const { shownByReason, hiddenByReason } = await tracing.finish();
  t.diagnostic(
    JSON.stringify({
      shown: shownByReason.map(({ reason, class: dropClass, count }) => `${reason} ${dropClass} ${count}`),
      hidden: hiddenByReason.map(({ reason, class: dropClass, count }) => `${reason} ${dropClass} ${count}`),
    }),
  );
  assert.ok(sum(done) >= 24 / SLOWNESS);
  checkShown(tracing.drops, SENT_AGAIN);
});

test("Connections that an end gives up: no loss is shown", LIMIT, async (t) => {
  if (!isNamed("TCP_ABORT_ON_DATA"))
    return t.skip("before 6.9 the kernel does not distinguish data after close() from other drops");
  await using tracing = await Tracing.open();
  const done = await traffic(tracing.hosts, "abrupt");
  const { totals } = await tracing.finish();
  t.diagnostic(JSON.stringify({ shown: totals.shown, hidden: totals.hidden }));
  assert.ok(sum(done) > 800 / SLOWNESS);
  checkShown(tracing.drops, [...SENT_AGAIN, ...GIVEN_UP]);
  assert.deepEqual({ lost: totals.lost, undecodable: totals.undecodable }, { lost: 0, undecodable: 0 });
});
