import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RateLimit } from "./rate-limit.ts";

const passing = (limit: RateLimit, timesNs: readonly bigint[]): number[] =>
  timesNs.flatMap((time, index) => (limit.passes({ kind: "drop", timeNs: time }) ? [index] : []));

describe("RateLimit", () => {
  test("without limits all pass", () =>
    assert.deepEqual(passing(new RateLimit({}), [1n, 2n, 3n]), [0, 1, 2]));

  test("a sample takes the first of every so many", () =>
    assert.deepEqual(
      passing(
        new RateLimit({ sampleOneOf: 3 }),
        Array.from({ length: 8 }, () => 1n),
      ),
      [0, 3, 6],
    ));

  test("one of one is all", () =>
    assert.deepEqual(passing(new RateLimit({ sampleOneOf: 1 }), [1n, 1n]), [0, 1]));

  test("a rate counts anew in each second, which begins with a drop", () => {
    const second = 1_000_000_000n;
    assert.deepEqual(
      passing(new RateLimit({ maxPerSecond: 2 }), [
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

  test("a wall clock that is set back begins a second", () => {
    const hour = 3_600_000_000_000n;
    assert.deepEqual(passing(new RateLimit({ maxPerSecond: 1 }), [2n * hour, 2n * hour, hour, hour]), [0, 2]);
  });

  test("a drop that is older than the second counts into it", () =>
    assert.deepEqual(passing(new RateLimit({ maxPerSecond: 1 }), [5_000_000_000n, 4_000_000_000n]), [0]));

  test("the rate is of what the sample took", () =>
    assert.deepEqual(
      passing(new RateLimit({ sampleOneOf: 2, maxPerSecond: 2 }), [1_000_000_000n, 1n, 1n, 1n, 1n, 1n]),
      [0, 2],
    ));

  test("a sample that the source took is not taken again, and other kinds are sampled", () => {
    const limit = new RateLimit({ sampleOneOf: 2, sampledBySource: ["drop"] });
    const passes = (kind: "drop" | "refused"): boolean => limit.passes({ kind, timeNs: 1n });
    assert.deepEqual(
      [passes("drop"), passes("drop"), passes("refused"), passes("refused")],
      [true, true, true, false],
    );
  });

  test("a rate holds for all kinds together", () => {
    const limit = new RateLimit({ maxPerSecond: 2, sampledBySource: ["drop"] });
    const types = ["drop", "refused", "drop"] as const;
    assert.deepEqual(
      types.map((kind) => limit.passes({ kind, timeNs: 5_000_000_000n })),
      [true, true, false],
    );
  });
});
