import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance } from "./edit-distance.ts";

test("editDistance counts what is added, removed and replaced", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["reason", "reason", 0],
    ["resaon", "reason", 2],
    ["reson", "reason", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [one, other, distance] of cases) {
    assert.equal(editDistance(one, other), distance, `${one} to ${other}`);
    assert.equal(editDistance(other, one), distance, `${other} to ${one}`);
  }
});
