/**
 * Filters by owner, of which the kernel learns the answers while it runs: it accepts what user space would accept
 * of the same drops, and sends few of the others.
 */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { parseFilter } from "../../src/filter-language/index.ts";
import { type Connection, Hosts, waitFor } from "../../src/lab/hosts.ts";
import { PSH_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { CollectingSink } from "../../src/run/collecting-sink.test.kit.ts";
import type { Run } from "../../src/run/run.ts";
import { startRun } from "../../src/run/start-run.ts";
import type { OwnerPolicy } from "../../src/settings/request.ts";
import { type OpenLive, openLive } from "../../src/source/open-live.ts";
import { lookupsOf } from "../../src/stages/owner/asked.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { Holding } from "./owned.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const LIMIT = { timeout: patient(120_000) };
/** Before Linux 6.11 most drops on the way in have no socket. */
const RECEIVED = {
  ...LIMIT,
  skip:
    kfreeSkbArguments(new KernelTypes(openKernelBtf())).rxSk === undefined
      ? "this kernel does not give the receiving socket"
      : false,
};
const BATCHES = 12;
const AT_ONCE = 25;
/** Of the wanted owner, in each batch. */
const FEW = 2;
const PAUSE_MS = 50;

interface Tracing {
  readonly live: OpenLive;
  readonly run: Run;
  readonly sink: CollectingSink;
}

/** No event is shown without its owner, however busy the machine is. */
async function trace(netns: number, owners: OwnerPolicy, filter?: string): Promise<Tracing> {
  const request = {
    netns: [netns],
    owners,
    filter: filter === undefined ? undefined : parseFilter(filter),
    ownerWaitMs: 20_000,
    ownerBudgetPercent: 1000,
    listeners: false,
    stacks: "none",
    all: true,
  } as const;
  const openLookups = await lookupsOf(request);
  const live = openLive(request);
  const sink = new CollectingSink();
  const run = startRun(live.source, {
    ...request,
    filter: live.filter,
    sinks: [sink],
    lookups: openLookups(live),
  });
  return { live, run, sink };
}

/** Source ports of what was shown. */
async function portsOf({ run, sink }: Tracing): Promise<readonly number[]> {
  await run.end();
  if (run.failure !== undefined) throw run.failure.cause;
  return sink.events.map(({ flow }) => flow?.sport ?? 0).sort((a, b) => a - b);
}

/** `@` is the wanted unit, `%` the other. Of each: whether drops of the wanted one and of the other are accepted. */
const FILTERS: Readonly<Record<string, readonly [wanted: boolean, other: boolean]>> = {
  "unit @": [true, false],
  "not unit @": [false, true],
  "class loss and unit @": [true, false],
  "not (unit @ or unit no-such)": [false, true],
  "unit @ or unit %": [true, true],
  "unit @ and not unit %": [true, false],
};

describe("a filter by unit, of cgroups that come during the trace,", () => {
  for (const [text, accepted] of Object.entries(FILTERS))
    test(text, LIMIT, async () => {
      using hosts = new Hosts(libcSyscalls);
      const port = hosts.newPort();
      nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
      const scope = `dst port ${port}`;
      const all = await trace(hosts.client.inode, "cgroup", scope);
      await using _all = all.run;
      using other = new Cgroup("", ".service");
      // Its name has to be known; what is in it comes later.
      using wanted = new Cgroup("", ".service");
      const [unit, otherUnit] = [wanted, other].map(({ path }) => basename(path)) as [string, string];
      const filter = text.replaceAll("@", unit).replaceAll("%", otherUnit);
      const filtered = await trace(hosts.client.inode, "cgroup", `${scope} and (${filter})`);
      await using _filtered = filtered.run;
      const connect = (cgroup: Cgroup): void => cgroup.inside(() => hosts.connect(4, port))[Symbol.dispose]();
      for (let batch = 0; batch < BATCHES; batch += 1) {
        for (let left = AT_ONCE; left > 0; left -= 1) connect(other);
        for (let left = FEW; left > 0; left -= 1) connect(wanted);
        await wait(PAUSE_MS);
      }
      await portsOf(all);
      const expected = all.sink.events
        .filter(({ owner }) => accepted[owner?.workload?.unit === unit ? 0 : 1])
        .map(({ flow }) => flow?.sport ?? 0)
        .sort((a, b) => a - b);
      assert.deepEqual(await portsOf(filtered), expected);
      assert.equal(all.sink.events.length, BATCHES * (AT_ONCE + FEW));
      const made = accepted.reduce((sum, is, at) => sum + (is ? BATCHES * (at === 0 ? FEW : AT_ONCE) : 0), 0);
      assert.equal(expected.length, made);
      if (accepted[1]) return;
      // The first batch, what was sent until the answer was there, and one or two in each second.
      const { sent, filtered: rejected } = filtered.live.source.counts().drop;
      const unwanted = sent - expected.length;
      assert.ok(unwanted < (2 * BATCHES * AT_ONCE) / 3, `${unwanted} sent in vain, ${rejected} rejected`);
    });
});

describe("a filter by process", () => {
  const send = (
    hosts: Hosts,
    { clientPort, serverPort, clientSeq, serverSeq }: Connection,
    count: number,
  ): void =>
    hosts.injectAll(
      Array.from({ length: count }, () => ({
        ...segmentToServer(4, clientPort, serverPort),
        seq: clientSeq,
        // From before the connection: it is always dropped.
        ack: (serverSeq - 1000) >>> 0,
        flags: PSH_ACK,
        payload: Buffer.from("old"),
      })),
    );

  test("accepts the drops of its sockets, and those of a socket that it gets later", RECEIVED, async () => {
    using hosts = new Hosts(libcSyscalls);
    const [ours, theirs] = [
      await hosts.establish(4, hosts.newPort()),
      await hosts.establish(4, hosts.newPort()),
    ];
    using _holds = new Holding(hosts.server, [theirs.server]);
    theirs.server[Symbol.dispose]();
    const tracing = await trace(hosts.server.inode, "process", "reason TCP_* and owner sleep");
    await using _run = tracing.run;
    const shownOf = ({ clientPort }: Connection): number =>
      tracing.sink.events.filter(({ flow }) => flow?.sport === clientPort).length;
    for (let batch = 0; batch < BATCHES; batch += 1) {
      send(hosts, ours, AT_ONCE);
      send(hosts, theirs, FEW);
      await wait(PAUSE_MS);
    }
    await waitFor(() => (shownOf(theirs) === BATCHES * FEW ? true : undefined), "Their drops");
    assert.equal(shownOf(ours), 0);
    const { sent } = tracing.live.source.counts().drop;
    assert.ok(sent - BATCHES * FEW < (2 * BATCHES * AT_ONCE) / 3, `${sent} sent`);

    using _takes = new Holding(hosts.server, [ours.server]);
    ours.server[Symbol.dispose]();
    await waitFor(() => {
      send(hosts, ours, 1);
      return shownOf(ours) > 0 ? true : undefined;
    }, "A drop of the socket that changed hands");
  });
});
