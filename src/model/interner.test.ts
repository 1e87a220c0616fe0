import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Interner, type KeyLayout } from "./interner.ts";

interface Made {
  readonly words: readonly number[];
}

const layout = (length: number): KeyLayout => ({
  id: 1 + length,
  words: Uint16Array.from({ length }, (_unused, index) => index),
  hashed: Math.min(2, length),
});

function internerOf(sets: number): { interner: Interner<Made>; find: (...words: number[]) => Made } {
  const data = new Uint32Array(16);
  let length = 0;
  const interner = new Interner<Made>(data, { words: 4, sets }, (at) => ({
    words: [...data.subarray(at, at + length)],
  }));
  const find = (...words: number[]): Made => {
    const at = (words[0] ?? 0) % 8;
    data.fill(0xdddd_dddd);
    data.set(words, at);
    ({ length } = words);
    return interner.get(at, layout(length), 0);
  };
  return { interner, find };
}

describe("Interner", () => {
  test("gives the same object for the same key, wherever it lies, and another for another", () => {
    const { find } = internerOf(64);
    const first = find(1, 2, 3);
    assert.equal(find(1, 2, 3), first);
    assert.notEqual(find(1, 2), first, "a key that another begins with");
    assert.equal(find(1, 2, 3), first);
    assert.notEqual(find(1, 2, 4), first);
  });

  test("distinguishes keys with different tags", () => {
    let made = 0;
    const interner = new Interner(Uint32Array.of(5), { words: 1, sets: 8 }, () => {
      made += 1;
      return { made };
    });
    const tags = [0, 1, 0xffff_ffff, 0, 1, 0xffff_ffff];
    assert.deepEqual(
      tags.map((tag) => interner.get(0, layout(1), tag).made),
      [1, 2, 3, 1, 2, 3],
    );
  });

  test("never gives an object of another key, however many there are and however few slots", () => {
    const words = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 0xffff_ffff })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 64), fc.array(words, { maxLength: 60 }), (sets, keys) => {
        const { find } = internerOf(sets);
        for (const key of keys) assert.deepEqual(find(...key).words, key);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps what is used while a flood of others passes", () => {
    const { find } = internerOf(64);
    const hot = find(7, 7);
    for (let index = 0; index < 10_000; index += 1) {
      find(index, 0x8000_0000 + index);
      assert.equal(find(7, 7), hot, String(index));
    }
  });

  test("stays as it was where an object cannot be made", () => {
    const MADE = { made: true };
    let fails = true;
    const interner = new Interner(Uint32Array.of(5), { words: 1, sets: 8 }, () => {
      if (fails) throw new Error("no");
      return MADE;
    });
    assert.throws(() => interner.get(0, layout(1), 0), /no/);
    fails = false;
    assert.equal(interner.get(0, layout(1), 0), MADE);
  });

  test("says once that an object came again", () => {
    const data = Uint32Array.of(1, 2);
    const recurred: Made[] = [];
    const interner = new Interner<Made>(
      data,
      { words: 1, sets: 8 },
      (at) => ({ words: [data[at] ?? 0] }),
      (made) => recurred.push(made),
    );
    const [first] = [0, 1, 0, 0].map((at) => interner.get(at, layout(1), 0));
    assert.deepEqual(recurred, [first]);
  });

  test("clear makes everything anew", () => {
    const { interner, find } = internerOf(8);
    const before = find(5);
    interner.clear();
    assert.notEqual(find(5), before);
  });
});
