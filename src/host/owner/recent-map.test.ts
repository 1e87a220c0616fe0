import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("RecentMap keeps the half that was used last, and no more than its size", () => {
  const map = new RecentMap<number, string>(8);
  for (let key = 0; key < 100; key += 1) {
    map.set(key, String(key));
    // Used again and again: it stays.
    assert.equal(map.get(0), "0");
    for (let recent = Math.max(1, key - 2); recent <= key; recent += 1)
      assert.equal(map.get(recent), String(recent));
  }
  const kept = Array.from({ length: 100 }, (_, key) => map.get(key)).filter((value) => value !== undefined);
  assert.ok(kept.length >= 4 && kept.length <= 8);
});

test("RecentMap has the value that was set last", () => {
  const map = new RecentMap<string, string | null>(4);
  assert.equal(map.get("a"), undefined);
  map.set("a", "1");
  map.set("a", null);
  assert.equal(map.get("a"), null);
  for (const key of ["b", "c", "d"]) map.set(key, "0");
  map.set("a", "2");
  assert.equal(map.get("a"), "2");
});
