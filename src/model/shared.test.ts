import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptFor, recurs } from "./shared.ts";

test("KeptFor keeps one value for each owner and object that recurs", () => {
  const [first, second] = [recurs(Object.freeze({ a: 1 })), recurs(Object.freeze(["x"]))];
  const [numbers, texts] = [new KeptFor<number>(), new KeptFor<string>()];
  assert.equal(numbers.get(first), undefined);
  numbers.set(first, 1);
  texts.set(first, "one");
  texts.set(second, "two");
  numbers.set(first, 11);
  assert.deepEqual([numbers.get(first), numbers.get(second)], [11, undefined]);
  assert.deepEqual([texts.get(first), texts.get(second)], ["one", "two"]);
});

test("KeptFor keeps nothing for what came once, nor for a copy", () => {
  const kept = new KeptFor<number>();
  const group = recurs({ a: 1 });
  kept.set(group, 5);
  const copy = { ...group };
  kept.set(copy, 6);
  assert.deepEqual([kept.keeps(group), kept.keeps(copy)], [true, false]);
  assert.deepEqual([kept.get(group), kept.get(copy)], [5, undefined]);
});
