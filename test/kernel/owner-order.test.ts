/** While events wait for their owners: their order, their number, and the end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../src/lab/hosts.ts";
import { SYN, segmentToServer } from "../../src/lab/segments.ts";
import type { DropEvent } from "../../src/model/index.ts";
import { patient } from "../patience.ts";
import { Holding } from "./owned.ts";
import { nftRule } from "./scenarios/rules.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

const LIMIT = { timeout: patient(40_000) };
const PORTS = 2000;
/** Of the end, once it is asked for: far less than an event may wait. */
const [LONGEST_WAIT_MS, LONGEST_END_MS] = [10_000, patient(2000)];

/** Drops of very many sockets that nobody has looked for, and between them of one that is known. */
async function traceMany(options: TracingOptions): Promise<Tracing> {
  const tracing = await Tracing.open({ stacks: "none", refusedSyns: false, owners: "process", ...options });
  const { hosts } = tracing;
  nftRule(hosts.server, "inet", "filter hook prerouting", "tcp flags & syn == syn drop");
  return tracing;
}

function scan({ hosts }: Tracing, ports: number): void {
  hosts.injectAll(
    Array.from({ length: ports }, (_unused, at) => ({
      ...segmentToServer(4, 40_000, 1000 + at),
      seq: 1,
      flags: SYN,
    })),
  );
}

const dropsOf = ({ events }: Tracing): readonly DropEvent[] =>
  events.filter((event) => event.kind === "drop");

test("events leave in the order in which they came, each once", LIMIT, async () => {
  await using tracing = await traceMany({});
  scan(tracing, PORTS);
  await waitFor(() => tracing.drops.length >= PORTS || undefined, "All drops");
  await tracing.finish();
  const ids = dropsOf(tracing).map(({ id }) => id);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(ids).size, PORTS);
  assert.deepEqual(
    dropsOf(tracing).map(({ flow }) => flow.dport),
    Array.from({ length: PORTS }, (_unused, at) => 1000 + at),
  );
});

test("--count counts what leaves", LIMIT, async () => {
  await using tracing = await traceMany({ count: 10 });
  scan(tracing, PORTS);
  await waitFor(() => tracing.events.at(-1)?.kind === "summary" || undefined, "The end");
  assert.equal(dropsOf(tracing).length, 10);
});

test("the end waits for nobody for long, and all that waited are told or counted", LIMIT, async () => {
  await using tracing = await traceMany({ ownerWaitMs: LONGEST_WAIT_MS });
  scan(tracing, PORTS);
  const from = performance.now();
  const { totals } = await tracing.finish();
  const tookMs = performance.now() - from;
  // On a busy machine some are not even read by then, and are counted.
  assert.equal(totals.shown + totals.unread, PORTS);
  assert(totals.shown > 0);
  assert(tookMs <= LONGEST_END_MS, `It ended after ${tookMs.toFixed(0)} ms`);
});

test("where no event waits, each is told with what is known by then", LIMIT, async () => {
  await using tracing = await traceMany({ ownerWaitMs: 0 });
  scan(tracing, 3);
  const { totals } = await tracing.finish();
  assert.equal(totals.shown, 3);
});

test(
  "a scan is asked about a thousand times a second, and what is beyond is told as that",
  LIMIT,
  async () => {
    await using tracing = await traceMany({ ownerWaitMs: 1000 });
    // A namespace is found by its processes.
    using _inside = new Holding(tracing.hosts.server, []);
    const from = performance.now();
    scan(tracing, 5 * PORTS);
    await waitFor(() => tracing.drops.length >= 5 * PORTS || undefined, "All drops");
    const seconds = (performance.now() - from) / 1000;
    await tracing.finish();
    const told = dropsOf(tracing).map(({ owner }) => `${owner?.by} ${owner?.missing}`);
    const count = (words: string): number => told.filter((each) => each === words).length;
    const [asked, beyond, late] = [count("none no_socket"), count("none budget"), count("none late")];
    assert.equal(
      asked + beyond + late,
      5 * PORTS,
      [...new Set(told)].map((each) => `${each}: ${count(each)}`).join(),
    );
    assert(beyond > 0, "some were not asked about");
    assert(asked <= 1000 * (Math.ceil(seconds) + 1), `${asked} were asked about in ${seconds.toFixed(1)} s`);
  },
);
