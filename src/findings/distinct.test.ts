import assert from "node:assert/strict";
import { test } from "node:test";
import { Distinct } from "./distinct.ts";

test("Distinct counts each value once", () => {
  const values = new Distinct({ left: 10 });
  for (const value of ["a", "b", "a", "b", "c"]) values.add(value);
  assert.equal(values.size, 3);
  assert.deepEqual([...values.values()], ["a", "b", "c"]);
  assert.equal(values.isCut, false);
});

test("Distinct shares its budget, and says when it was not enough", () => {
  const budget = { left: 3 };
  const [one, other] = [new Distinct(budget), new Distinct(budget)];
  for (const value of ["a", "b"]) one.add(value);
  for (const value of ["a", "b", "c"]) other.add(value);
  assert.deepEqual([one.size, one.isCut], [2, false]);
  assert.deepEqual([other.size, other.isCut], [1, true]);
  one.add("a");
  assert.equal(one.isCut, false, "a value that is known needs no budget");
});
