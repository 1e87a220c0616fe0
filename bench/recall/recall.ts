/**
 * How many of the suite's drops each tool shows: ours, and the peers that start on this machine, all tracing
 * the same drops.
 *
 *     node dist/bench/recall/recall.js [--write]      prints the page; --write puts it into docs/recall.md
 *
 * Needs root, bpftrace and perf; SCENARIOS=tcp/ selects scenarios by name.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DropFacts } from "../../test/drop-facts.ts";
import {
  discoverScenarios,
  type NamedScenario,
  type Variant,
  variantsOf,
} from "../../test/kernel/scenarios/discover.ts";
import { matches } from "../../test/kernel/scenarios/expect.ts";
import { missing } from "../../test/kernel/scenarios/features.ts";
import { observe } from "../../test/kernel/scenarios/run.ts";
import { page, type Row } from "./page.ts";
import { isOf, PEERS, type Sighting } from "./peers.ts";
import { Watcher } from "./watcher.ts";

const wanted = process.env["SCENARIOS"] ?? "";

/** The scenario's drops, each once, as our own tracer showed them: the reference for the peers. */
function shownOf(
  drops: readonly DropFacts[],
  expected: Awaited<ReturnType<typeof observe>>["expected"],
): readonly DropFacts[] {
  const left = new Set(drops);
  for (const one of expected.drops) {
    for (const drop of [...left].filter((candidate) => matches(candidate, one)).slice(0, one.count ?? 1))
      left.delete(drop);
  }
  return drops.filter((drop) => !left.has(drop));
}

/** How many of the drops a peer saw; each sighting counts for one drop. */
function countSeen(drops: readonly DropFacts[], sightings: readonly Sighting[]): number {
  const left = [...sightings];
  let seen = 0;
  for (const drop of drops) {
    const at = left.findIndex((sighting) => isOf(sighting, drop));
    if (at < 0) continue;
    left.splice(at, 1);
    seen += 1;
  }
  return seen;
}

async function runOne(
  variant: Variant,
  watchers: readonly Watcher[],
): Promise<{ made: number; ours: number; peers: readonly number[] }> {
  for (const watcher of watchers) watcher.discard();
  const { expected, drops, refused } = await observe(variant);
  const shown = shownOf(drops, expected);
  const peers = (await Promise.all(watchers.map((watcher) => watcher.take()))).map((sightings) =>
    countSeen(shown, sightings),
  );
  // Peers cannot see SYNs that a listener refuses; ours are counted, at most as many as there were.
  const shownRefused = refused.reduce((sum, { detail }) => sum + detail.count, 0);
  const madeRefused = (expected.refused ?? []).reduce((sum, { count }) => sum + count, 0);
  const made = expected.drops.reduce((sum, { count }) => sum + (count ?? 1), 0);
  return { made: made + madeRefused, ours: shown.length + Math.min(shownRefused, madeRefused), peers };
}

async function runScenario(scenario: NamedScenario, watchers: readonly Watcher[]): Promise<Row> {
  const row = { name: scenario.name, title: scenario.title, made: 0, ours: 0, peers: watchers.map(() => 0) };
  for (const variant of variantsOf(scenario)) {
    const { made, ours, peers } = await runOne(variant, watchers);
    row.made += made;
    row.ours += ours;
    for (const [index, seen] of peers.entries()) row.peers[index] = (row.peers[index] ?? 0) + seen;
  }
  process.stderr.write(`${row.name}: ${row.made} made, ${row.ours} ${row.peers.join(" ")}\n`);
  return row;
}

const all: Watcher[] = [];
try {
  for (const peer of PEERS) all.push(await Watcher.start(peer));
  const running = all.filter(({ failure }) => failure === undefined);
  const rows: Row[] = [];
  for (const scenario of await discoverScenarios()) {
    if (!scenario.name.includes(wanted) || scenario.needs?.some((feature) => missing(feature) !== undefined))
      continue;
    const row = await runScenario(scenario, running);
    // Scenarios without a drop have nothing to recall.
    if (row.made > 0) rows.push(row);
  }
  const text = page(rows, all);
  if (process.argv.includes("--write"))
    writeFileSync(join(import.meta.dirname, "../../../docs/recall.md"), text);
  else process.stdout.write(text);
} finally {
  for (const watcher of all) await watcher.stop();
}
