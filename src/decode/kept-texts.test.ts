import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KeptTexts } from "./kept-texts.ts";

test("KeptTexts makes a text once while it is asked for again", () => {
  const kept = new KeptTexts();
  const made: number[] = [];
  const get = (first: number, at: number): string =>
    kept.get(first, 0, 0, 0xffff_ffff, (where) => `${made.push(where)}`, at);
  assert.deepEqual([get(1, 10), get(1, 20), get(0, 30), get(1, 40)], ["1", "1", "2", "1"]);
  assert.deepEqual(made, [10, 30]);
});

test("KeptTexts never gives one run of bytes the text of another", () => {
  const kept = new KeptTexts();
  const word = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 0xffff_ffff }));
  fc.assert(
    fc.property(word, word, word, word, (...words) => {
      assert.equal(
        kept.get(...words, () => words.join(), 0),
        words.join(),
      );
    }),
    { numRuns: 20_000 },
  );
});
