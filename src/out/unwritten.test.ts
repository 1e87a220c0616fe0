import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropEvent } from "../model/index.ts";
import { dropLike } from "../run/events.test.kit.ts";
import { Unwritten } from "./unwritten.ts";

/** Distinguished by their segments. */
const drop = (gsoSegs: number): DropEvent => dropLike({ gsoSegs });

test("Unwritten keeps the drops whose last byte is not out, and forgets the others", () => {
  const unwritten = new Unwritten();
  unwritten.took(undefined, 10);
  for (const segments of [1, 2, 3]) unwritten.took(drop(segments), 100);
  unwritten.wrote(110);
  assert.deepEqual(
    unwritten.entries.map(({ segments }) => segments),
    [2, 3],
  );
  unwritten.wrote(309);
  assert.deepEqual(
    unwritten.entries.map(({ segments }) => segments),
    [3],
    "a row that was cut is not written",
  );
  unwritten.wrote(310);
  assert.deepEqual(unwritten.entries, []);
});

test("Unwritten gives up what is not begun, and keeps what is cut in the middle", () => {
  const unwritten = new Unwritten();
  for (const segments of [1, 2, 3]) unwritten.took(drop(segments), 100);
  unwritten.wrote(150);
  const { entries, endBytes } = unwritten.giveUp();
  assert.deepEqual([entries.map(({ segments }) => segments), endBytes], [[3], 200]);
  assert.deepEqual(
    unwritten.entries.map(({ segments }) => segments),
    [2],
  );
  unwritten.took(undefined, 10);
  unwritten.wrote(199);
  assert.equal(unwritten.entries.length, 1);
  unwritten.wrote(200);
  assert.deepEqual(unwritten.entries, []);
});

test("Unwritten gives up everything where the output stands between two rows", () => {
  const unwritten = new Unwritten();
  for (const segments of [1, 2]) unwritten.took(drop(segments), 100);
  unwritten.wrote(100);
  const { entries, endBytes } = unwritten.giveUp();
  assert.deepEqual([entries.map(({ segments }) => segments), endBytes], [[2], 100]);
  assert.deepEqual(unwritten.entries, []);
});

test("Unwritten keeps the order of many that wait, however far it has gone", () => {
  const unwritten = new Unwritten();
  let waiting: number[] = [];
  let taken = 0;
  let written = 0;
  for (let round = 1; round < 60; round += 1) {
    for (let more = 0; more < (round * 7) % 31; more += 1) {
      taken += 1;
      waiting.push(taken);
      unwritten.took(drop(taken), 10);
    }
    written = Math.max(written, taken - 200 - (round % 5) * 20);
    unwritten.wrote(written * 10 + 5);
    waiting = waiting.filter((segments) => segments > written);
    assert.deepEqual(
      unwritten.entries.map(({ segments }) => segments),
      waiting,
    );
  }
  assert.ok(waiting.length > 128, "the ring has grown");
  const { entries, endBytes } = unwritten.giveUp();
  assert.deepEqual([entries.length, endBytes], [waiting.length - 1, (written + 1) * 10]);
});
