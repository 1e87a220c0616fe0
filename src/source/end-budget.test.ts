import assert from "node:assert/strict";
import { test } from "node:test";
import { EndBudget, type EndPart } from "./end-budget.ts";

const PARTS: readonly EndPart[] = ["sample", "catchUp", "drain", "settle", "snapshots", "close", "messages"];
const PROMISED_MS = 500;

/** Each part takes all of its time, and so much more; how long that was from the signal on. */
function endMs(overrunMs: number, lateMs: number): number {
  let nowMs = 7000 + lateMs;
  const budget = new EndBudget(7000, () => nowMs);
  for (const part of PARTS) nowMs += budget.leftMs(part) + overrunMs;
  return nowMs - 7000;
}

test("EndBudget: all parts together end within 500 ms of a signal, however long each takes", () => {
  assert.ok(endMs(0, 0) < PROMISED_MS, `${endMs(0, 0)} ms`);
  assert.ok(endMs(5, 50) < PROMISED_MS, `${endMs(5, 50)} ms`);
});

test("EndBudget: after an overrun the later parts have nothing left, and never less than nothing", () => {
  assert.equal(endMs(0, 2000), 2000);
  assert.equal(endMs(100, 0), Math.max(endMs(0, 0), endMs(100, 0)));
  const budget = new EndBudget(0, () => 10_000);
  assert.deepEqual(
    PARTS.map((part) => budget.leftMs(part)),
    PARTS.map(() => 0),
  );
  assert.ok(budget.untilMs("drain") < 10_000);
});

test("EndBudget: a part that takes less leaves its time to the later ones", () => {
  let nowMs = 0;
  const budget = new EndBudget(0, () => nowMs);
  assert.equal(budget.leftMs("sample"), 50);
  nowMs = 20;
  assert.equal(budget.leftMs("drain"), 210);
  nowMs = 230;
  assert.equal(budget.leftMs("settle"), 40);
});

test("EndBudget: a run that ends by itself has its parts' own limits", () => {
  const budget = new EndBudget(undefined, () => 0);
  assert.equal(budget.leftMs("drain"), 2000);
  assert.equal(budget.leftMs("messages"), 1000);
});

test("EndBudget goes by the clock of the process", () => {
  assert.ok(new EndBudget(performance.now()).leftMs("sample") > 0);
});
