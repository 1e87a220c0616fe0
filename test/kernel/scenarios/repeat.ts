/**
 * Repeats the fast half of the scenarios, to find those that fail occasionally:
 *
 *     node dist/test/kernel/scenarios/repeat.js 200 2      two hundred runs, by two processes
 *
 * Each scenario is timed once; the faster half is kept. A run takes each of these in one variant (family and
 * path), and the next run in the next one.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { discoverScenarios, type NamedScenario, type Variant, variantName, variantsOf } from "./discover.ts";
import { missing } from "./features.ts";
import { runVariant } from "./run.ts";

/** What one process does; plain data. */
interface Share {
  readonly names: readonly string[];
  readonly first: number;
  readonly last: number;
}

interface Result {
  readonly passed: number;
  readonly failed: number;
}

const [argument = "200", processes = "1"] = process.argv.slice(2);
const scenarios = (await discoverScenarios()).filter(
  ({ slow, needs }) => slow !== true && !(needs ?? []).some((feature) => missing(feature) !== undefined),
);

if (argument.startsWith("{")) process.send?.(await runShare(JSON.parse(argument) as Share));
else await runAll(Number(argument), Number(processes));

async function runAll(runs: number, workers: number): Promise<void> {
  if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(workers) && workers > 0))
    throw new Error("usage: repeat.js RUNS [PROCESSES]");
  const startedMs = performance.now();
  const names = await fasterHalf();
  say(`the faster ${names.length} of ${scenarios.length} scenarios`);
  const each = Math.ceil(runs / workers);
  const shares = Array.from({ length: workers }, (_unused, at) => ({
    names,
    first: at * each + 1,
    last: Math.min(runs, (at + 1) * each),
  }));
  const results = await Promise.all(shares.map((share) => inChild(share)));
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  say(
    `${runs} runs of ${names.length} scenarios in ${Math.round((performance.now() - startedMs) / 60_000)} minutes`,
  );
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Sorted by the time that the first variant takes. */
async function fasterHalf(): Promise<readonly string[]> {
  const times: { readonly name: string; readonly ms: number }[] = [];
  for (const scenario of scenarios) {
    const startedMs = performance.now();
    await attempt(wayOf(scenario, 0));
    times.push({ name: scenario.name, ms: performance.now() - startedMs });
  }
  return times
    .toSorted((a, b) => a.ms - b.ms)
    .slice(0, Math.ceil(times.length / 2))
    .map(({ name }) => name);
}

async function inChild(share: Share): Promise<Result> {
  const child = fork(import.meta.filename, [JSON.stringify(share)]);
  const ended = once(child, "exit");
  const result = await Promise.race([once(child, "message"), ended.then(() => undefined)]);
  await ended;
  if (result === undefined)
    throw new Error(`A process with runs ${share.first} to ${share.last} ended without a result`);
  return (result as [Result])[0];
}

async function runShare({ names, first, last }: Share): Promise<Result> {
  const chosen = new Set(names);
  let passed = 0;
  let failed = 0;
  for (let run = first; run <= last; run += 1) {
    for (const scenario of scenarios.filter(({ name }) => chosen.has(name))) {
      const failure = await attempt(wayOf(scenario, run), run);
      if (failure) failed += 1;
      else passed += 1;
    }
    if (run % 10 === 0) say(`run ${run}: ${passed} passed, ${failed} failed so far by this process`);
  }
  return { passed, failed };
}

function wayOf(scenario: NamedScenario, run: number): Variant {
  const ways = variantsOf(scenario);
  const way = ways[run % ways.length];
  if (way === undefined) throw new Error(`${scenario.name} has no way to be run`);
  return way;
}

/** True if it failed; prints how. */
async function attempt(variant: Variant, run = 0): Promise<boolean> {
  try {
    await runVariant(variant);
    return false;
  } catch (failure) {
    say(
      `run ${run}: ${variantName(variant)}: ${failure instanceof Error ? failure.message : String(failure)}`,
    );
    return true;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
