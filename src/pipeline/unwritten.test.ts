import assert from "node:assert/strict";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import type { DropEvent } from "../model/index.ts";
import { Unwritten } from "./unwritten.ts";

/** Told apart by their segments. */
const drop = (gsoSegs: number): DropEvent => dropWith(fullDrop, { gsoSegs });

test("Unwritten keeps the drops whose last byte is not out, and forgets the others", () => {
  const unwritten = new Unwritten();
  unwritten.took(undefined, 10);
  for (const segments of [1, 2, 3]) unwritten.took(drop(segments), 100);
  unwritten.wrote(110);
  assert.deepEqual(
    unwritten.drops.map(({ gsoSegs }) => gsoSegs),
    [2, 3],
  );
  unwritten.wrote(309);
  assert.deepEqual(
    unwritten.drops.map(({ gsoSegs }) => gsoSegs),
    [3],
    "a row that was cut is not written",
  );
  unwritten.wrote(310);
  assert.deepEqual(unwritten.drops, []);
});

test("Unwritten gives up what is not begun, and keeps what is cut in the middle", () => {
  const unwritten = new Unwritten();
  for (const segments of [1, 2, 3]) unwritten.took(drop(segments), 100);
  unwritten.wrote(150);
  const { drops, endBytes } = unwritten.giveUp();
  assert.deepEqual([drops.map(({ gsoSegs }) => gsoSegs), endBytes], [[3], 200]);
  assert.deepEqual(
    unwritten.drops.map(({ gsoSegs }) => gsoSegs),
    [2],
  );
  unwritten.took(undefined, 10);
  unwritten.wrote(199);
  assert.equal(unwritten.drops.length, 1);
  unwritten.wrote(200);
  assert.deepEqual(unwritten.drops, []);
});

test("Unwritten gives up everything where the output stands between two rows", () => {
  const unwritten = new Unwritten();
  for (const segments of [1, 2]) unwritten.took(drop(segments), 100);
  unwritten.wrote(100);
  const { drops, endBytes } = unwritten.giveUp();
  assert.deepEqual([drops.map(({ gsoSegs }) => gsoSegs), endBytes], [[2], 100]);
  assert.deepEqual(unwritten.drops, []);
});
