import assert from "node:assert/strict";
import { test } from "node:test";
import { LookBudget } from "./look-budget.ts";

function allowed(budget: LookBudget, asked: number): number {
  let count = 0;
  for (let at = 0; at < asked; at += 1) if (budget.allows()) count += 1;
  return count;
}

test("LookBudget allows a burst of 20,000, and no more while time stands still", () => {
  const budget = new LookBudget(() => 0);
  assert.equal(allowed(budget, 50_000), 20_000);
  assert.equal(allowed(budget, 50_000), 0);
});

test("LookBudget allows 20 more for each millisecond, and saves no more than a burst", () => {
  let nowMs = 0;
  const budget = new LookBudget(() => nowMs);
  allowed(budget, 50_000);
  nowMs = 100;
  assert.equal(allowed(budget, 10_000), 2000);
  nowMs = 1_000_000;
  assert.equal(allowed(budget, 100_000), 20_000);
});

test("LookBudget reads the clock once for some hundred events", () => {
  let reads = 0;
  const budget = new LookBudget(() => {
    reads += 1;
    return 0;
  });
  allowed(budget, 25_600);
  assert.equal(reads, 101);
});
