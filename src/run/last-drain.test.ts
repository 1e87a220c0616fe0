import assert from "node:assert/strict";
import { test } from "node:test";
import { lastDrain } from "./last-drain.ts";

/** A process that gets this share of a CPU, seen every 10 ms of wall time: how long it drains. */
function wallMsOf(share: number): number {
  let wall = 5000;
  const goesOn = lastDrain(wall + 2000, { cpuMs: () => 77 + wall * share, wallMs: () => wall });
  const started = wall;
  while (goesOn()) wall += 10;
  return wall - started;
}

test("lastDrain ends after 250 ms of CPU, however long they take, and at its wall time", () => {
  assert.equal(wallMsOf(1), 250);
  assert.equal(wallMsOf(0.25), 1000);
  assert.equal(wallMsOf(0.01), 2000);
  assert.equal(wallMsOf(0), 2000);
});

test("lastDrain has time by its own clocks", () => {
  assert.ok(lastDrain(performance.now() + 1000)());
});
