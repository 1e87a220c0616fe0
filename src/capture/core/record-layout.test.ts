import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, struct, u8, u16, u64 } from "../../bytes/struct.ts";
import { BuildError } from "../../errors.ts";
import { recordHead } from "./record-head.ts";
import { maskFor, recordLayout } from "./record-layout.ts";
import type { AnySection } from "./section.ts";

const write = (): void => undefined;
const wide: AnySection<never> = { name: "wide", layout: struct("wide", 8, { value: u64(0) }), write };
const small: AnySection<never> = {
  name: "small",
  layout: struct("small", 3, { value: u8(0), end: u16(1) }),
  write,
};
const text: AnySection<never> = { name: "text", layout: struct("text", 16, { value: bytes(0, 16) }), write };
const tailed: AnySection<never> = {
  name: "tailed",
  layout: struct("tailed", 2, { bytes: u16(0) }),
  tail: { mostBytes: 13, lengthField: "bytes" },
  optional: true,
  write,
};

describe("recordLayout", () => {
  test("puts sections behind the head, each where its integers are aligned, and tails behind all", () => {
    const layout = recordLayout(1, [small, wide, text, tailed]);
    const at = [small, wide, text, tailed].map((section) => layout.slotOf(section)?.at);
    assert.deepEqual(
      at.map((one) => (one ?? 0) - recordHead.size),
      [0, 8, 16, 32],
    );
    assert.deepEqual(
      [layout.fixedBytes, layout.mostBytes],
      [recordHead.size + 40, recordHead.size + 40 + 16],
    );
  });

  test("gives each section a bit; those that some records lack are not in what is always present", () => {
    const layout = recordLayout(1, [wide, tailed, small]);
    assert.deepEqual(
      [wide, tailed, small].map((section) => layout.slotOf(section)?.bit),
      [1, 2, 4],
    );
    assert.equal(layout.alwaysPresent, 1 | 4);
  });

  test("has no slot for a section that is not in it, and none for two of one name", () => {
    assert.equal(recordLayout(1, [wide]).slotOf(small), undefined);
    assert.throws(() => recordLayout(1, [wide, wide]), BuildError);
  });

  test("refuses more sections than `present` has bits", () => {
    const many = Array.from({ length: 33 }, (_unused, index) => ({ ...wide, name: `wide${index}` }));
    assert.throws(() => recordLayout(1, many), /33 sections are more than the 32 bits/);
    assert.equal(recordLayout(1, many.slice(1)).alwaysPresent, 2 ** 32 - 1);
  });
});

test("maskFor leaves all numbers up to its argument as they are", () => {
  for (const [most, mask] of [
    [0, 0],
    [1, 1],
    [2, 3],
    [255, 255],
    [256, 511],
    [1016, 1023],
    [2047, 2047],
  ] as const)
    assert.equal(maskFor(most), mask);
});
