import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { AddressBook } from "./address-book.ts";

const ONE = Uint8Array.of(192, 0, 2, 1);
const TWO = Uint8Array.of(192, 0, 2, 2);
const FOREVER = Number.POSITIVE_INFINITY;

describe("AddressBook", () => {
  let nowMs: number;
  let addresses: Map<number, readonly Uint8Array[]>;
  let visits: number[];
  let book: AddressBook;
  let problems: unknown[];
  let gone: number | undefined;

  beforeEach(() => {
    nowMs = 10_000;
    addresses = new Map([
      [7, [ONE]],
      [8, [TWO]],
    ]);
    visits = [];
    problems = [];
    gone = undefined;
    let inside = 0;
    book = new AddressBook({
      ways: {
        known: () => [...addresses.keys()],
        inside: (inode, _since, run) => {
          inside = inode ?? 0;
          visits.push(inside);
          nowMs += 1;
          return { kind: "seen", value: run() };
        },
      },
      list: () => {
        const found = inside === gone ? undefined : addresses.get(inside);
        if (found === undefined) throw new Error("gone");
        return found;
      },
      nowMs: () => nowMs,
      onProblem: (problem) => problems.push(problem),
    });
  });

  function having(address: Uint8Array): (readonly number[])[] {
    const answers: (readonly number[])[] = [];
    book.having(address, (namespaces) => answers.push(namespaces));
    book.run(FOREVER);
    return answers;
  }

  test("says which namespaces have an address, and reads once for all", () => {
    assert.deepEqual([having(ONE), having(TWO)], [[[7]], [[8]]]);
    assert.equal(visits.length, 2);
  });

  test("says both where two have it", () => {
    addresses.set(8, [ONE]);
    assert.deepEqual(new Set(having(ONE)[0]), new Set([7, 8]));
  });

  test("reads again for what nobody had, and after some seconds, with a pause", () => {
    const none = Uint8Array.of(192, 0, 2, 3);
    assert.deepEqual(having(none), [[]]);
    addresses.set(9, [none]);
    assert.deepEqual(having(none), [[]]);
    assert.equal(visits.length, 2);
    nowMs += 1000;
    assert.deepEqual(having(none), [[9]]);
    visits = [];
    nowMs += 5001;
    assert.deepEqual(having(none), [[9]]);
    assert.equal(visits.length, 3);
  });

  test("goes on where its time is up, and answers when all were read", () => {
    const answers: (readonly number[])[] = [];
    book.having(ONE, (namespaces) => answers.push(namespaces));
    book.run(nowMs + 1);
    assert.deepEqual([visits.length, answers, book.hasWork], [1, [], true]);
    book.run(nowMs + 1);
    assert.deepEqual([visits.length, answers, book.hasWork], [2, [[7]], false]);
  });

  test("passes over a namespace that cannot be read, and says so", () => {
    gone = 6;
    addresses.set(gone, []);
    assert.deepEqual(having(TWO), [[8]]);
    assert.equal(problems.length, 1);
  });
});
