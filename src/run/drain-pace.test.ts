import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DrainPace } from "./drain-pace.ts";

const MEGABYTE = 1 << 20;
const pauses = (pace: DrainPace, ...found: readonly number[]): readonly number[] =>
  found.map((records) => pace.after(records));

describe("DrainPace", () => {
  test("pauses longer where a few drops come all the time, up to 80 ms", () => {
    assert.deepEqual(pauses(new DrainPace(16 * MEGABYTE), 1, 1, 64, 2, 2), [10, 20, 40, 80, 80]);
  });

  test("pauses short in a storm, and grows again after it", () => {
    assert.deepEqual(pauses(new DrainPace(16 * MEGABYTE), 1, 1, 65, 5000, 1, 1), [10, 20, 10, 10, 10, 20]);
  });

  test("begins anew after the ring was empty", () => {
    assert.deepEqual(pauses(new DrainPace(16 * MEGABYTE), 1, 1, 1, 0, 1, 1), [10, 20, 40, 10, 10, 20]);
  });

  test("a small ring is not left alone for longer than a million drops a second take to fill it, a large one not for longer than 80 ms", () => {
    assert.deepEqual(pauses(new DrainPace(MEGABYTE), 1, 1, 1), [10, 10, 10]);
    assert.deepEqual(pauses(new DrainPace(4 * MEGABYTE), 1, 1, 1), [10, 20, 21]);
    assert.deepEqual(pauses(new DrainPace(256 * MEGABYTE), 1, 1, 1, 1, 1), [10, 20, 40, 80, 80]);
  });
});
