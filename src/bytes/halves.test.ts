import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asExactNumber, excessOver, highHalf, lowHalf, setBase, thousands } from "./halves.ts";

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

test("excessOver is the difference where it is below 2^31, and -1 where it is not", () => {
  const base = { low: 0, high: 0 };
  const near = fc.tuple(u64, fc.bigInt(-5n, 1n << 33n)).map(([from, more]) => [from, from + more] as const);
  fc.assert(
    fc.property(fc.oneof(near, fc.tuple(u64, u64)), ([from, to]) => {
      const whole = BigInt.asUintN(64, to);
      setBase(base, from);
      const difference = BigInt.asUintN(64, whole - from);
      const isSmall = difference < 1n << 31n;
      assert.equal(excessOver(base, whole), isSmall ? Number(difference) : -1);
    }),
    { numRuns: 5000 },
  );
});
