import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropEvent } from "../event.ts";
import { Unwritten } from "./unwritten.ts";

const drop = (seq: number): DropEvent => ({ seq }) as DropEvent;

test("Unwritten keeps the drops whose last byte is not out, and forgets the others", () => {
  const unwritten = new Unwritten();
  unwritten.took(undefined, 10);
  for (const seq of [1, 2, 3]) unwritten.took(drop(seq), 100);
  unwritten.wrote(110);
  assert.deepEqual(
    unwritten.events.map(({ seq }) => seq),
    [2, 3],
  );
  unwritten.wrote(309);
  assert.deepEqual(
    unwritten.events.map(({ seq }) => seq),
    [3],
    "a row that was cut is not written",
  );
  unwritten.wrote(310);
  assert.deepEqual(unwritten.events, []);
});

test("Unwritten gives up what is not begun, and keeps what is cut in the middle", () => {
  const unwritten = new Unwritten();
  for (const seq of [1, 2, 3]) unwritten.took(drop(seq), 100);
  unwritten.wrote(150);
  const { events, endBytes } = unwritten.giveUp();
  assert.deepEqual([events.map(({ seq }) => seq), endBytes], [[3], 200]);
  assert.deepEqual(
    unwritten.events.map(({ seq }) => seq),
    [2],
  );
  unwritten.took(undefined, 10);
  unwritten.wrote(199);
  assert.equal(unwritten.events.length, 1);
  unwritten.wrote(200);
  assert.deepEqual(unwritten.events, []);
});

test("Unwritten gives up everything where the output stands between two rows", () => {
  const unwritten = new Unwritten();
  for (const seq of [1, 2]) unwritten.took(drop(seq), 100);
  unwritten.wrote(100);
  const { events, endBytes } = unwritten.giveUp();
  assert.deepEqual([events.map(({ seq }) => seq), endBytes], [[2], 100]);
  assert.deepEqual(unwritten.events, []);
});
