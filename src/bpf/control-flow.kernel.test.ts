/**
 * What `if`, `all`, `any`, `not`, early exits and jumps really do, on the running kernel, against the same in
 * JavaScript.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { all, any, type Condition, not, Scalar } from "./expression.ts";
import { needsRoot, runnable, type Workbench } from "./run-program.test.kit.ts";

const PROGRAMS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 20;
const INPUTS = 3;
const RESULTS = 4;

const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

type Test =
  | {
      readonly kind: "compare";
      readonly op: (typeof COMPARISONS)[number];
      readonly left: number;
      readonly right: bigint | number;
    }
  | { readonly kind: "negative" | "zero" | "notZero"; readonly left: number }
  | { readonly kind: "all" | "any"; readonly of: readonly Test[] }
  | { readonly kind: "not"; readonly of: Test };

type Statement =
  | { readonly kind: "set"; readonly index: number; readonly value: number }
  | { readonly kind: "addTo"; readonly index: number; readonly value: number }
  | {
      readonly kind: "if";
      readonly test: Test;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[] | undefined;
    }
  | { readonly kind: "skip"; readonly test: Test; readonly over: readonly Statement[] }
  | { readonly kind: "leave"; readonly test: Test };

/** Few values, so that comparisons hold half of the time; signs and 32 bits are where they go wrong. */
const value = fc.constantFrom(
  0n,
  1n,
  2n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
);
const input = fc.nat({ max: INPUTS - 1 });

const { test: testOf, statements } = fc.letrec<{ test: Test; statements: Statement[] }>((tie) => ({
  test: fc.oneof(
    { depthSize: "small" },
    // A bigint is a constant, a number is another input.
    fc.record({
      kind: fc.constant("compare"),
      op: fc.constantFrom(...COMPARISONS),
      left: input,
      right: fc.oneof(value, input),
    }),
    fc.record({ kind: fc.constantFrom("negative", "zero", "notZero"), left: input }),
    fc.record({
      kind: fc.constantFrom("all", "any"),
      of: fc.array(tie("test"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("not"), of: tie("test") }),
  ),
  statements: fc.array(
    fc.oneof(
      { depthSize: "small" },
      fc.record({
        kind: fc.constantFrom("set", "addTo"),
        index: fc.nat({ max: RESULTS - 1 }),
        value: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ kind: fc.constant("leave"), test: tie("test") }),
      fc.record({ kind: fc.constant("skip"), test: tie("test"), over: tie("statements") }),
      fc.record({
        kind: fc.constant("if"),
        test: tie("test"),
        yes: tie("statements"),
        no: fc.option(tie("statements"), { nil: undefined }),
      }),
    ),
    { maxLength: 3 },
  ),
}));

function condition(of: Test, at: (index: number) => Scalar): Condition {
  switch (of.kind) {
    case "all":
      return all(...of.of.map((part) => condition(part, at)));
    case "any":
      return any(...of.of.map((part) => condition(part, at)));
    case "not":
      return not(condition(of.of, at));
    case "negative":
      return at(of.left).isNegative();
    case "zero":
      return at(of.left).isZero();
    case "notZero":
      return at(of.left).notZero();
    case "compare":
      return at(of.left)[of.op](typeof of.right === "bigint" ? Scalar.constant(of.right) : at(of.right));
  }
}

function holds(of: Test, values: readonly bigint[]): boolean {
  switch (of.kind) {
    case "all":
      return of.of.every((part) => holds(part, values));
    case "any":
      return of.of.some((part) => holds(part, values));
    case "not":
      return !holds(of.of, values);
    case "negative":
      return BigInt.asIntN(64, values[of.left] ?? 0n) < 0n;
    case "zero":
      return values[of.left] === 0n;
    case "notZero":
      return values[of.left] !== 0n;
    case "compare": {
      const left = values[of.left] ?? 0n;
      const right = typeof of.right === "bigint" ? of.right : (values[of.right] ?? 0n);
      return {
        eq: left === right,
        ne: left !== right,
        lt: left < right,
        le: left <= right,
        gt: left > right,
        ge: left >= right,
      }[of.op];
    }
  }
}

function write(list: readonly Statement[], bench: Workbench, variables: readonly Scalar[]): void {
  const { b } = bench;
  const at = (index: number): Scalar => bench.input[index] ?? Scalar.constant(0);
  for (const statement of list) {
    switch (statement.kind) {
      case "set":
      case "addTo": {
        const variable = variables[statement.index] ?? Scalar.constant(0);
        b.set(variable, statement.kind === "set" ? statement.value : variable.add(statement.value));
        bench.store(statement.index, variable);
        break;
      }
      case "leave":
        b.leaveIf(condition(statement.test, at));
        break;
      case "skip": {
        const target = b.label("skipped");
        b.jumpIf(condition(statement.test, at), target);
        write(statement.over, bench, variables);
        b.bind(target);
        break;
      }
      case "if": {
        const { yes, no } = statement;
        const otherwise = no === undefined ? undefined : () => write(no, bench, variables);
        b.if(condition(statement.test, at), () => write(yes, bench, variables), otherwise);
      }
    }
  }
}

/** False where the program was left. */
function interpret(list: readonly Statement[], values: readonly bigint[], results: bigint[]): boolean {
  return list.every((statement) => step(statement, values, results));
}

function step(statement: Statement, values: readonly bigint[], results: bigint[]): boolean {
  switch (statement.kind) {
    case "set":
      results[statement.index] = BigInt(statement.value);
      return true;
    case "addTo":
      results[statement.index] = (results[statement.index] ?? 0n) + BigInt(statement.value);
      return true;
    case "leave":
      return !holds(statement.test, values);
    case "skip":
      return holds(statement.test, values) || interpret(statement.over, values, results);
    case "if":
      return interpret((holds(statement.test, values) ? statement.yes : statement.no) ?? [], values, results);
  }
}

const inputs = fc.array(fc.array(value, { minLength: INPUTS, maxLength: INPUTS }), {
  minLength: 4,
  maxLength: 8,
});

describe("control flow on the kernel", { skip: needsRoot }, () => {
  test("goes where it goes in JavaScript", () => {
    const property = fc.property(statements, inputs, (list, runs) => {
      using program = runnable(RESULTS, (bench) => {
        const variables = Array.from({ length: RESULTS }, (_unused, index) => bench.b.variable(`v${index}`));
        for (const variable of variables) bench.b.set(variable, 0);
        write(list, bench, variables);
      });
      for (const values of runs) {
        const results = Array.from({ length: RESULTS }, () => 0n);
        interpret(list, values, results);
        assert.deepEqual(program.run(values), results);
      }
    });
    fc.assert(property, { numRuns: PROGRAMS });
  });

  test("conditions hold where they hold in JavaScript", () => {
    const property = fc.property(fc.array(testOf, { minLength: 1, maxLength: 4 }), inputs, (tests, runs) => {
      using program = runnable(tests.length, (bench) => {
        const at = (index: number): Scalar => bench.input[index] ?? Scalar.constant(0);
        for (const [index, one] of tests.entries()) {
          const no = () => bench.store(index, 2);
          bench.b.if(condition(one, at), () => bench.store(index, 1), no);
        }
      });
      for (const values of runs)
        assert.deepEqual(
          program.run(values),
          tests.map((one) => (holds(one, values) ? 1n : 2n)),
        );
    });
    fc.assert(property, { numRuns: PROGRAMS });
  });

  test("a branch may end by leaving the program", () => {
    using program = runnable(2, ({ b, input, store }) => {
      const first = input[0] ?? Scalar.constant(0);
      b.if(
        first.eq(1),
        () => {
          store(0, 1);
          b.leave();
        },
        () => store(0, 2),
      );
      store(1, 3);
    });
    assert.deepEqual(
      [program.run([1n]), program.run([0n])],
      [
        [1n, 0n],
        [2n, 3n],
      ],
    );
  });
});
