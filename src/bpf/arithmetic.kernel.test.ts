/** What expressions really compute, on the running kernel, against the same in JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOST_LITTLE_ENDIAN, swap16 } from "../bytes/endian.ts";
import type { Size } from "./assembler.ts";
import { Scalar } from "./expression.ts";
import { needsRoot, runnable, type Workbench } from "./run-program.test.kit.ts";

const PROGRAMS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 20;
const INPUTS = 4;
const MASK = 0xffff_ffff_ffff_ffffn;

type Tree =
  | { readonly kind: "input" | "kept"; readonly index: number }
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "loaded"; readonly size: Size; readonly at: number }
  | {
      readonly kind:
        | "add"
        | "sub"
        | "and"
        | "or"
        | "xor"
        | "mul"
        | "div"
        | "mod"
        | "shiftLeft"
        | "shiftRight";
      readonly left: Tree;
      readonly right: Tree;
    }
  | { readonly kind: "big16" | "big32"; readonly of: Tree };

/** Values at which carries, signs and widths change. */
const edges = fc.constantFrom(
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  MASK,
);
const value64 = fc.oneof(edges, fc.bigInt({ min: 0n, max: MASK }));
const index = fc.nat({ max: INPUTS - 1 });

/** Bits are shifted by what is below 64: beyond, C says nothing. */
const amount = (tree: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: 63n }).map((value): Tree => ({ kind: "constant", value })),
    tree.map((left): Tree => ({ kind: "and", left, right: { kind: "constant", value: 63n } })),
  );

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constantFrom("input", "kept"), index }),
    fc.record({ kind: fc.constant("constant"), value: value64 }),
    fc.constantFrom<Tree>(
      { kind: "loaded", size: 1, at: 3 },
      { kind: "loaded", size: 2, at: 6 },
      { kind: "loaded", size: 4, at: 8 },
      { kind: "loaded", size: 8, at: 8 },
    ),
    fc.record({
      kind: fc.constantFrom("add", "sub", "and", "or", "xor", "mul"),
      left: tie("tree"),
      right: tie("tree"),
    }),
    // The verifier refuses a constant 0.
    fc.record({
      kind: fc.constantFrom("div", "mod"),
      left: tie("tree"),
      right: tie("tree").filter((right) => right.kind !== "constant" || right.value !== 0n),
    }),
    fc.record({
      kind: fc.constantFrom("shiftLeft", "shiftRight"),
      left: tie("tree"),
      right: amount(tie("tree")),
    }),
    fc.record({ kind: fc.constantFrom("big16", "big32"), of: tie("tree") }),
  ),
}));

/** How many scratch registers are taken at once: what is deeper to the right is refused while building. */
function registers(of: Tree): number {
  if ("left" in of) return Math.max(registers(of.left), 1 + registers(of.right));
  return "of" in of ? registers(of.of) : 1;
}

interface Inputs {
  readonly bench: Workbench;
  readonly kept: readonly Scalar[];
  readonly load: (size: Size, at: number) => Scalar;
}

function build(of: Tree, inputs: Inputs): Scalar {
  switch (of.kind) {
    case "input":
      return inputs.bench.input[of.index] ?? Scalar.constant(0);
    case "kept":
      return inputs.kept[of.index] ?? Scalar.constant(0);
    case "constant":
      return Scalar.constant(of.value);
    case "loaded":
      return inputs.load(of.size, of.at);
    case "big16":
      return build(of.of, inputs).fromBigEndian(16);
    case "big32":
      return build(of.of, inputs).fromBigEndian(32);
    default:
      return build(of.left, inputs)[of.kind](build(of.right, inputs));
  }
}

/** The buffer holds inputs 0 and 1. */
function loaded(size: Size, at: number, input: readonly bigint[]): bigint {
  const memory = new DataView(BigUint64Array.from(input.slice(0, 2)).buffer);
  if (size === 8) return memory.getBigUint64(at, HOST_LITTLE_ENDIAN);
  if (size === 4) return BigInt(memory.getUint32(at, HOST_LITTLE_ENDIAN));
  return BigInt(size === 2 ? memory.getUint16(at, HOST_LITTLE_ENDIAN) : memory.getUint8(at));
}

function swapped(bits: 16 | 32, value: bigint): bigint {
  const low = Number(BigInt.asUintN(bits, value));
  if (!HOST_LITTLE_ENDIAN) return BigInt(low);
  return BigInt(bits === 16 ? swap16(low) : ((swap16(low & 0xffff) << 16) | swap16(low >>> 16)) >>> 0);
}

function evaluate(of: Tree, input: readonly bigint[]): bigint {
  switch (of.kind) {
    case "input":
    case "kept":
      return input[of.index] ?? 0n;
    case "constant":
      return of.value;
    case "loaded":
      return loaded(of.size, of.at, input);
    case "big16":
      return swapped(16, evaluate(of.of, input));
    case "big32":
      return swapped(32, evaluate(of.of, input));
  }
  const left = evaluate(of.left, input);
  const right = evaluate(of.right, input);
  const result = {
    add: left + right,
    sub: left - right,
    and: left & right,
    or: left | right,
    xor: left ^ right,
    mul: left * right,
    // As the kernel does it, Documentation/bpf/standardization/instruction-set.rst.
    div: right === 0n ? 0n : left / right,
    mod: right === 0n ? left : left % right,
    shiftLeft: left << (right & 63n),
    shiftRight: left >> (right & 63n),
  }[of.kind];
  return result & MASK;
}

test("expressions compute on the kernel what they compute in JavaScript", { skip: needsRoot }, () => {
  const trees = fc.array(
    tree.filter((one) => registers(one) <= 5),
    { minLength: 1, maxLength: 8 },
  );
  const inputs = fc.array(fc.array(value64, { minLength: INPUTS, maxLength: INPUTS }), {
    minLength: 1,
    maxLength: 4,
  });
  const property = fc.property(trees, inputs, (wanted, runs) => {
    using program = runnable(wanted.length, (bench) => {
      const kept = Array.from({ length: INPUTS }, (_unused, at) =>
        bench.b.keep(bench.input[at] ?? Scalar.constant(0), `kept ${at}`),
      );
      const buffer = bench.b.buffer(16);
      for (const at of [0, 8]) bench.b.store(8, buffer.address, at, bench.input[at / 8] ?? 0, "buffer");
      const inputs: Inputs = { bench, kept, load: (size, at) => buffer.load(size, at) };
      for (const [at, one] of wanted.entries()) bench.store(at, build(one, inputs));
    });
    for (const input of runs) {
      assert.deepEqual(
        program.run(input),
        wanted.map((one) => evaluate(one, input)),
      );
    }
  });
  fc.assert(property, { numRuns: PROGRAMS });
});

test("stores and loads cut values to their size, and constants keep their sign", { skip: needsRoot }, () => {
  using program = runnable(6, ({ b, input, store }) => {
    const buffer = b.buffer(8);
    const first = input[0] ?? Scalar.constant(0);
    for (const [at, size] of ([1, 2, 4] as const).entries()) {
      b.store(8, buffer.address, 0, 0, "clear");
      b.store(size, buffer.address, 0, first, "cut");
      store(at, buffer.load(8, 0));
    }
    store(3, -1);
    store(4, Scalar.constant(-2));
    store(5, 0x8000_0000);
  });
  const cut = (bits: number): bigint =>
    HOST_LITTLE_ENDIAN
      ? BigInt.asUintN(bits, 0x1122_3344_5566_7788n)
      : BigInt.asUintN(bits, 0x1122_3344_5566_7788n) << BigInt(64 - bits);
  assert.deepEqual(program.run([0x1122_3344_5566_7788n]), [
    cut(8),
    cut(16),
    cut(32),
    MASK,
    MASK - 1n,
    0x8000_0000n,
  ]);
});
