import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FUZZ_RUNS } from "./fuzz-runs.test.kit.ts";
import { Kallsyms } from "./kallsyms.ts";

const MAX_FUNCTION_BYTES = 128 * 1024;

/** Few addresses and names, near each other, so that they meet. */
const line = fc.record({
  high: fc.constantFrom(0xffff_ffff, 0xffff_ffff, 0xffff_8000, 0xffff_0000, 0xfffe_ffff, 0),
  low: fc.oneof(
    fc.integer({ min: 0, max: 64 }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constantFrom(0x1_ffff, 0x2_0000, 0xffff_ffff),
  ),
  type: fc.constantFrom("t", "T", "w", "W", "d", "D", "A", "r"),
  name: fc.constantFrom("a", "b", "ip_forward", "bpf_prog_1_x", "é"),
  module: fc.constantFrom(undefined, "veth", "bpf"),
});
type Line = (typeof line)["generate"] extends (...values: never[]) => { value: infer V } ? V : never;

const hex = (word: number): string => word.toString(16).padStart(8, "0");
const format = (lines: readonly Line[]): Buffer =>
  Buffer.from(
    lines
      .map(
        ({ high, low, type, name, module }) =>
          `${hex(high)}${hex(low)} ${type} ${name}${module === undefined ? "" : `\t[${module}]`}\n`,
      )
      .join(""),
  );
const address = (of: { high: number; low: number }): bigint => (BigInt(of.high) << 32n) | BigInt(of.low);

/**
 * The definition, without any index: the nearest text symbol at or below, the first of equals, not too far
 * away.
 */
function nearest(
  lines: readonly Line[],
  high: number,
  low: number,
): { name: string; offset: number; module: string | undefined } | undefined {
  const wanted = address({ high, low });
  let best: Line | undefined;
  for (const candidate of lines) {
    if (candidate.high < 0xffff_0000 || !"tTwW".includes(candidate.type) || address(candidate) > wanted)
      continue;
    if (best === undefined || address(candidate) > address(best)) best = candidate;
  }
  if (best === undefined || wanted - address(best) >= MAX_FUNCTION_BYTES) return undefined;
  return { name: best.name, offset: Number(wanted - address(best)), module: best.module };
}

test("Kallsyms.lookup and addressesOf agree with a search of all lines, in any order of the lines", () => {
  const property = fc.property(
    fc.array(line, { maxLength: 12 }),
    line,
    fc.integer({ min: -3, max: 3 }),
    (lines, other, distance) => {
      const symbols = new Kallsyms(format(lines));
      const { name } = other;
      for (const { high, low: near } of [...lines, other]) {
        const low = (near + distance) >>> 0;
        assert.deepEqual(symbols.lookup(low, high), nearest(lines, high, low));
      }
      const named = lines.filter(
        (candidate) =>
          candidate.name === name && "tTwW".includes(candidate.type) && address(candidate) !== 0n,
      );
      assert.deepEqual(symbols.addressesOf(name), named.map(address));
      assert.equal(symbols.badLines, 0);
    },
  );
  fc.assert(property, { numRuns: Math.ceil(FUZZ_RUNS / 2) });
});

const mutation = fc.record({
  at: fc.nat(),
  byte: fc.constantFrom(0, 9, 10, 32, 0x30, 0x66, 0x74, 0x5b, 0xff),
  kind: fc.constantFrom("set", "cut", "drop"),
});

/** The bytes with one of them replaced or left out, or ending there. */
function mutate(bytes: Buffer, at: number, byte: number, kind: string): Buffer {
  if (bytes.length === 0) return bytes;
  const index = at % bytes.length;
  const before = bytes.subarray(0, index);
  if (kind === "cut") return before;
  return Buffer.concat([
    before,
    kind === "set" ? Uint8Array.of(byte) : new Uint8Array(),
    bytes.subarray(index + 1),
  ]);
}

test("Kallsyms takes any bytes: nothing is thrown, and what is named lies in the bytes", () => {
  const property = fc.property(
    fc.array(line, { maxLength: 8 }),
    fc.array(mutation, { maxLength: 6 }),
    fc.uint8Array({ maxLength: 40 }),
    (lines, mutations, tail) => {
      const bytes = mutations.reduce<Buffer>(
        (mutated, { at, byte, kind }) => mutate(mutated, at, byte, kind),
        Buffer.concat([format(lines), tail]),
      );
      const symbols = new Kallsyms(bytes);
      assert.ok(symbols.size + symbols.badLines <= bytes.length);
      for (const { low, high, name } of lines) {
        const found = symbols.lookup(low, high);
        if (found !== undefined)
          assert.ok(
            found.offset >= 0 &&
              found.offset < MAX_FUNCTION_BYTES &&
              bytes.toString("utf8").includes(found.name),
          );
        symbols.addressesOf(name);
      }
    },
  );
  fc.assert(property, { numRuns: Math.ceil(FUZZ_RUNS / 2) });
});
