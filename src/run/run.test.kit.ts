/** Runs over a scripted source, for tests: no kernel, no rights. */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { SummaryNotice } from "../model/index.ts";
import { EndBudget } from "../source/end-budget.ts";
import { ScriptedSource } from "../source/scripted.test.kit.ts";
import { CollectingSink } from "./collecting-sink.test.kit.ts";
import { dropLike } from "./events.test.kit.ts";
import { imbalance } from "./ledger.ts";
import { Run } from "./run.ts";
import type { RunOptions } from "./run-options.ts";

export const PLAIN: Omit<RunOptions, "sinks"> = {
  stages: [],
  lookups: [],
  ownerWaitMs: 100,
  observers: [],
  filter: undefined,
  hidesHarmless: true,
  limits: {},
  count: undefined,
  nowNs: () => 1n,
};

export const drops = (count: number): ReturnType<typeof dropLike>[] =>
  Array.from({ length: count }, (_unused, index) => dropLike({ seq: index }));

export interface Scene {
  readonly source: ScriptedSource;
  readonly sink: CollectingSink;
  readonly run: Run;
}

export function begin(options: Partial<RunOptions> = {}, sink = new CollectingSink()): Scene {
  const source = new ScriptedSource();
  const run = new Run(source, { ...PLAIN, sinks: [sink], ...options });
  run.start();
  return { source, sink, run };
}

/** Ends and closes; the summary adds up. */
export async function finish(run: Run, budget = new EndBudget()): Promise<SummaryNotice> {
  const summary = await run.close(await run.end(budget), budget);
  assert.equal(imbalance(summary.totals), 0, JSON.stringify(summary.totals));
  return summary;
}

/** Why it failed. */
export function messageOf({ failure }: Run): string | undefined {
  return failure?.cause instanceof Error ? failure.cause.message : undefined;
}

export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) await setTimeout(2);
  assert.ok(condition(), "it happened in time");
}
