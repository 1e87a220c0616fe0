import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StackCache } from "./stack-cache.ts";

test("StackCache makes each distinct stack once", () => {
  const cache = new StackCache<string>(8);
  let made = 0;
  const get = (...words: number[]): string =>
    cache.get(Uint32Array.from(words), words.length, () => {
      made += 1;
      return `${words.join()} ${made}`;
    });
  assert.equal(get(1, 2), "1,2 1");
  assert.equal(get(1, 2), "1,2 1");
  assert.equal(get(1, 2, 3), "1,2,3 2");
  assert.equal(get(2, 1), "2,1 3");
  assert.equal(get(), " 4");
  assert.equal(get(), " 4");
});

test("StackCache looks at no word after the length, and keeps none that the caller changes", () => {
  const cache = new StackCache<number>(8);
  const words = Uint32Array.of(1, 2, 3, 4);
  assert.equal(
    cache.get(words, 2, () => 1),
    1,
  );
  words[2] = 9;
  assert.equal(
    cache.get(words, 2, () => 2),
    1,
  );
  words[0] = 7;
  assert.equal(
    cache.get(words, 2, () => 3),
    3,
  );
  assert.equal(
    cache.get(Uint32Array.of(1, 2), 2, () => 4),
    1,
  );
});

test("StackCache keeps what is used and forgets what is not", () => {
  const cache = new StackCache<number>(4);
  const made: number[] = [];
  const get = (word: number): number => cache.get(Uint32Array.of(word), 1, () => made.push(word));
  for (let word = 1; word <= 40; word += 1) {
    get(word);
    get(1000);
  }
  assert.equal(made.filter((word) => word === 1000).length, 1, "used between all others");
  get(40);
  assert.equal(made.filter((word) => word === 40).length, 1);
  get(1);
  assert.equal(made.filter((word) => word === 1).length, 2);
});

test("StackCache never gives one stack the value of another", () => {
  const cache = new StackCache<string>(3);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }), (words) => {
      assert.equal(
        cache.get(Uint32Array.from(words), words.length, () => words.join()),
        words.join(),
      );
    }),
    { numRuns: 5000 },
  );
});
