import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RowLimit } from "./row-limit.ts";

const passing = (limit: RowLimit, timesNs: readonly bigint[]): number[] =>
  timesNs.flatMap((time, index) => (limit.passes(time) ? [index] : []));

describe("RowLimit", () => {
  test("without limits all pass", () => assert.deepEqual(passing(new RowLimit({}), [1n, 2n, 3n]), [0, 1, 2]));

  test("a sample takes the first of every so many", () =>
    assert.deepEqual(
      passing(
        new RowLimit({ sampleOneOf: 3 }),
        Array.from({ length: 8 }, () => 1n),
      ),
      [0, 3, 6],
    ));

  test("one of one is all", () =>
    assert.deepEqual(passing(new RowLimit({ sampleOneOf: 1 }), [1n, 1n]), [0, 1]));

  test("a rate counts anew in each second, which begins with a drop", () => {
    const second = 1_000_000_000n;
    assert.deepEqual(
      passing(new RowLimit({ maxPerSecond: 2 }), [
        second,
        second + 1n,
        second + 2n,
        2n * second - 1n,
        2n * second,
        2n * second + 1n,
      ]),
      [0, 1, 4, 5],
    );
  });

  test("a drop that is older than the second counts into it", () =>
    assert.deepEqual(passing(new RowLimit({ maxPerSecond: 1 }), [5_000_000_000n, 4_000_000_000n]), [0]));

  test("the rate is of what the sample took", () =>
    assert.deepEqual(
      passing(new RowLimit({ sampleOneOf: 2, maxPerSecond: 2 }), [1_000_000_000n, 1n, 1n, 1n, 1n, 1n]),
      [0, 2],
    ));
});
