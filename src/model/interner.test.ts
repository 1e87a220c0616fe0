import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Interner } from "./interner.ts";

interface Made {
  readonly words: readonly number[];
}

function internerOf(sets: number): { interner: Interner<Made>; find: (words: readonly number[]) => Made } {
  const interner = new Interner<Made>({ words: 4, sets });
  const find = (words: readonly number[]): Made => {
    interner.key.set(words);
    return interner.get(words.length, () => ({ words: [...words] }), 0);
  };
  return { interner, find };
}

describe("Interner", () => {
  test("gives the same object for the same key, and another for another", () => {
    const { find } = internerOf(64);
    const first = find([1, 2, 3]);
    assert.equal(find([1, 2, 3]), first);
    assert.notEqual(find([1, 2, 4]), first);
    assert.notEqual(find([1, 2]), first, "a key that another begins with");
    assert.equal(find([1, 2, 3]), first);
  });

  test("never gives an object of another key, however many there are and however few slots", () => {
    const words = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 0xffff_ffff })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 64), fc.array(words, { maxLength: 60 }), (sets, keys) => {
        const { find } = internerOf(sets);
        for (const key of keys) assert.deepEqual(find(key).words, key);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps what is used while a flood of others passes", () => {
    const { find } = internerOf(64);
    const hot = find([7, 7]);
    for (let index = 0; index < 10_000; index += 1) {
      find([index, 0x8000_0000 + index]);
      assert.equal(find([7, 7]), hot, String(index));
    }
  });

  test("clear makes everything anew", () => {
    const { interner, find } = internerOf(8);
    const before = find([5]);
    interner.clear();
    assert.notEqual(find([5]), before);
  });
});
