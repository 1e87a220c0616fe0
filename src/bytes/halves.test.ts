import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asExactNumber, highHalf, lowHalf, thousands } from "./halves.ts";

const u64 = fc.oneof(
  fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
  fc.bigInt(0n, 1n << 54n),
  fc.bigInt(0n, 0xffff_ffffn),
);

test("lowHalf and highHalf make up the value", () => {
  fc.assert(
    fc.property(u64, (value) =>
      assert.equal((BigInt(highHalf(value)) << 32n) | BigInt(lowHalf(value)), value),
    ),
  );
});

test("asExactNumber is the value below 2^53, and undefined from there on", () => {
  const MAX = BigInt(Number.MAX_SAFE_INTEGER);
  for (const value of [0n, 1n, MAX - 1n, MAX]) assert.equal(asExactNumber(value), Number(value));
  assert.equal(asExactNumber(MAX + 1n), undefined);
  fc.assert(
    fc.property(u64, (value) => assert.equal(asExactNumber(value), value <= MAX ? Number(value) : undefined)),
  );
});

test("thousands divides as bigints do, as long as a number can hold it", () => {
  const MOST = 9_007_199_254_740_991_999n;
  for (const value of [0n, 999n, 1000n, 4_294_967_295n, 4_294_967_296n, MOST])
    assert.equal(thousands(value), Number(value / 1000n));
  fc.assert(
    fc.property(fc.bigInt(0n, MOST), (value) => assert.equal(thousands(value), Number(value / 1000n))),
    { numRuns: 20_000 },
  );
});
