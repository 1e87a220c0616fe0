import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropEvent } from "../event.ts";
import { Unwritten } from "./unwritten.ts";

const drop = (seq: number): DropEvent => ({ seq }) as DropEvent;

test("Unwritten keeps the drops whose last byte is not out, and forgets the others", () => {
  const unwritten = new Unwritten();
  unwritten.skip(10);
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
