import assert from "node:assert/strict";
import { test } from "node:test";
import { isShared, KeptFor, shared } from "./shared.ts";

test("shared freezes an object, and what is kept for it shows nowhere", () => {
  const group = shared({ one: 1, two: "2" });
  new KeptFor<string>().set(group, "kept");
  assert.ok(Object.isFrozen(group));
  assert.deepEqual(group, { one: 1, two: "2" });
  assert.deepEqual(Reflect.ownKeys(group), ["one", "two"]);
  assert.equal(JSON.stringify(group), '{"one":1,"two":"2"}');
});

test("KeptFor keeps one value for each owner and object", () => {
  const [first, second] = [shared({ a: 1 }), shared(["x"])];
  const [numbers, texts] = [new KeptFor<number>(), new KeptFor<string>()];
  assert.equal(numbers.get(first), undefined);
  numbers.set(first, 1);
  texts.set(first, "one");
  texts.set(second, "two");
  numbers.set(first, 11);
  assert.deepEqual([numbers.get(first), numbers.get(second)], [11, undefined]);
  assert.deepEqual([texts.get(first), texts.get(second)], ["one", "two"]);
});

test("KeptFor keeps nothing for a copy, nor for an object that is not shared", () => {
  const kept = new KeptFor<number>();
  const group = shared({ a: 1 });
  kept.set(group, 5);
  const copy = { ...group };
  kept.set(copy, 6);
  assert.deepEqual([isShared(group), isShared(copy)], [true, false]);
  assert.deepEqual([kept.get(group), kept.get(copy)], [5, undefined]);
});
