import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, struct, u32 } from "../bytes/struct.ts";
import { BuildError } from "../errors.ts";
import { Builder } from "./builder.ts";
import { not, Scalar } from "./expression.ts";
import type { Label } from "./instruction.ts";
import { formatInstruction, listing } from "./program-spec.ts";

const HELPER = 5;
const LOST_RESULT = new BuildError(
  "The result of a helper call is used after another call overwrote it: keep() it first",
);

/** What one part of a program becomes, without slots and notes. */
function lines(write: (b: Builder) => void): string[] {
  const b = new Builder();
  write(b);
  const text = listing({
    name: "t",
    attach: { kind: "raw_tp", tracepoint: "x" },
    ...b.finish(),
    license: "GPL",
  });
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/^ *\d+: /, "").replace(/ *;.*$/, ""));
}

describe("Builder", () => {
  test("ends every way out with 0", () => {
    assert.deepEqual(
      lines((b) => b.leave()),
      ["goto 1", "out:", "r0 = 0", "exit"],
    );
  });

  test("takes one jump over what a comparison guards, and two where it has no opposite", () => {
    const guarded = (op: "lt" | "set"): string[] =>
      lines((b) => {
        const value = b.pin(b.loadFrom(4, b.context, 0, "value"), "value");
        const left = value.expression;
        const right = Scalar.constant(5).expression;
        b.if({ kind: "compare", op, left, right }, () => b.call(HELPER, [], "helper"));
      }).filter((line) => /^(if|goto|call)/.test(line));
    assert.deepEqual(guarded("lt"), ["if r6 >= 5 goto 3", "call 5"]);
    assert.deepEqual(guarded("set"), ["if r6 & 5 goto 3", "goto 4", "call 5"]);
  });

  test("keeps pins in R6-R9, and a fifth is a BuildError", () => {
    const b = new Builder();
    for (const [index, register] of [6, 7, 8, 9].entries())
      assert.deepEqual(b.pin(Scalar.constant(index), "x").expression, { kind: "register", register });
    assert.throws(
      () => b.pin(Scalar.constant(4), "fifth"),
      new BuildError("No register is left to pin fifth: R6-R9 are taken"),
    );
  });

  test("reserves a register for values that change", () => {
    const b = new Builder();
    const value = b.reserve("value");
    b.assign(value, 5, "first");
    b.assign(value, value.add(1), "next");
    assert.deepEqual(
      b.finish(value).instructions.map((instruction, slot) => formatInstruction(instruction, slot)),
      ["r6 = 5", "r6 += 1", "r0 = r6", "exit"],
    );
    for (const name of ["a", "b", "c"]) b.reserve(name);
    assert.throws(() => b.reserve("d"), new BuildError("No register is left for d: R6-R9 are taken"));
    assert.throws(
      () => b.assign(b.variable("x"), 1, "x"),
      new BuildError("Only a reserved register can be assigned to"),
    );
  });

  test("gives out 512 bytes of stack, rounded up to 8, and not one more", () => {
    const b = new Builder();
    const first = b.buffer(1);
    assert.deepEqual([first.offset, first.size], [-8, 1]);
    assert.equal(b.buffer(504).offset, -512);
    assert.throws(() => b.variable("x"), new BuildError("The program needs more than 512 bytes of stack"));
    assert.throws(() => b.buffer(1), BuildError);
  });

  test("uses the result of the last call from R0", () => {
    assert.deepEqual(
      lines((b) => b.leaveIf(b.call(HELPER, [], "x").isZero())),
      ["call 5", "if r0 == 0 goto 2", "out:", "r0 = 0", "exit"],
    );
  });

  describe("refuses the result of a call", () => {
    const use = (b: Builder, result: Scalar) => b.leaveIf(result.isZero());
    const CASES: Readonly<Record<string, (b: Builder, result: Scalar) => void>> = {
      "after another call": (b, result) => {
        b.call(HELPER, [], "y");
        use(b, result);
      },
      "as a part of an expression after another call": (b, result) => {
        b.call(HELPER, [], "y");
        b.keep(result.add(1), "sum");
      },
      "after a branch that calls": (b, result) => {
        b.if(b.variable("v").isZero(), () => b.call(HELPER, [], "y"));
        use(b, result);
      },
      "in `otherwise` after `then` calls: strict, for the same name may not mean two things": (b, result) => {
        b.if(
          b.variable("v").isZero(),
          () => b.call(HELPER, [], "y"),
          () => use(b, result),
        );
      },
      "after a label, where other paths arrive": (b, result) => {
        b.bind(b.label("x"));
        use(b, result);
      },
    };
    for (const [title, write] of Object.entries(CASES)) {
      test(title, () => {
        const b = new Builder();
        assert.throws(() => write(b, b.call(HELPER, [], "x")), LOST_RESULT);
      });
    }

    test("but not one that was kept", () => {
      const b = new Builder();
      const kept = b.keep(b.call(HELPER, [], "x"), "kept");
      b.call(HELPER, [], "y");
      use(b, kept);
      b.finish();
    });
  });

  test("a label that is never bound is a BuildError", () => {
    const b = new Builder();
    b.jump(b.label("nowhere"));
    assert.throws(() => b.finish(), new BuildError("A jump targets the label nowhere, which is not bound"));
  });

  test("only variables can be set", () => {
    assert.throws(
      () => new Builder().set(Scalar.constant(1), 2),
      new BuildError("Only a variable can be set"),
    );
  });

  test("a helper takes at most 5 arguments", () => {
    assert.throws(
      () => new Builder().call(HELPER, [1, 2, 3, 4, 5, 6], "many"),
      new BuildError("many: a helper takes at most 5 arguments"),
    );
  });

  test("copies no more into a buffer than it holds", () => {
    const b = new Builder();
    assert.throws(
      () => b.probeReadKernel(b.buffer(8), 9, Scalar.constant(0), "x"),
      new BuildError("x: 9 bytes do not fit into 8"),
    );
  });

  test("an expression deeper than the scratch registers is a BuildError", () => {
    const b = new Builder();
    let deep = b.variable("v").add(1);
    for (let depth = 0; depth < 5; depth += 1) deep = b.variable("v").add(deep);
    assert.throws(() => b.keep(deep, "deep"), /needs more scratch registers/);
  });

  test("a value that only a helper may read must be kept first", () => {
    const b = new Builder();
    const probed = new Scalar(
      { kind: "probe", base: { kind: "register", register: 6 }, offset: 4, size: 4, comment: "x.y" },
      32,
    );
    assert.throws(() => b.keep(probed.add(1), "sum"), /x\.y can only be read by bpf_probe_read_kernel/);
    b.keep(b.keep(probed, "probed").add(1), "sum");
  });

  describe("refuses the context where R1 no longer holds it", () => {
    const map = { name: "m", kind: "array", keySize: 4, valueSize: 8, maxEntries: 1 } as const;
    const CASES: Readonly<Record<string, (b: Builder) => void>> = {
      "as the right operand of what is made in R1": (b) => b.keep(Scalar.constant(5).add(b.context), "sum"),
      "on the right of a comparison": (b) => b.leaveIf(b.variable("v").eq(b.context)),
      "as the second argument of a call": (b) => b.call(HELPER, [5, b.context], "x"),
      "as an argument behind a map": (b) => b.call(HELPER, [map, b.context], "x"),
      "after a call": (b) => {
        b.call(HELPER, [], "x");
        b.pin(b.context, "context");
      },
      "as an address, when the value was made in R1": (b) => b.store(8, b.context, 0, b.variable("v"), "x"),
    };
    for (const [title, write] of Object.entries(CASES)) {
      test(title, () =>
        assert.throws(
          () => write(new Builder()),
          (error) => error instanceof BuildError && error.message.includes("R1"),
        ),
      );
    }

    test("but not as the first argument, nor once it is pinned", () => {
      const b = new Builder();
      const context = b.pin(b.context, "context");
      b.call(HELPER, [b.context, 1], "x");
      b.call(HELPER, [1, context], "x");
      b.keep(Scalar.constant(5).add(context), "sum");
    });
  });

  test("`not` of a condition costs no instruction", () => {
    const branch = (b: Builder, target: Label) =>
      b.jumpIf(not(not(b.pin(Scalar.constant(1), "x").isZero())), target);
    const once = lines((b) => {
      const label = b.label("l");
      branch(b, label);
      b.bind(label);
    });
    assert.deepEqual(once, ["r6 = 1", "if r6 == 0 goto 2", "l:", "out:", "r0 = 0", "exit"]);
  });
});

describe("StructMemory", () => {
  const inner = struct("inner", 8, { low: u32(0), high: u32(4) });
  const outer = struct("outer", 24, { first: u32(0), inside: bytes(8, 8), last: u32(20) });

  test("reads and writes where the struct's fields are, nested ones too", () => {
    const text = lines((b) => {
      const memory = b.memory(outer, b.pin(Scalar.constant(0), "memory"));
      memory.set("last", 7);
      memory.inside("inside", inner).set("high", memory.get("first"));
      memory.add("first", 2);
      memory.setBytes("inside", 2, 6, 3);
      b.pin(memory.addressOf("inside"), "address");
    });
    assert.deepEqual(text.slice(1, -3), [
      "*(u32 *)(r6 + 20) = 7",
      "r1 = *(u32 *)(r6 + 0)",
      "*(u32 *)(r6 + 12) = r1",
      "r1 = *(u32 *)(r6 + 0)",
      "r1 += 2",
      "*(u32 *)(r6 + 0) = r1",
      "*(u16 *)(r6 + 14) = 3",
      "r7 = r6",
      "r7 += 8",
    ]);
  });

  test("refuses a field of several bytes as one value, and parts beyond it", () => {
    const memory = new Builder().memory(struct("s", 16, { name: bytes(0, 16) }), Scalar.constant(0));
    assert.throws(
      () => memory.set("name", 1),
      new BuildError("s.name has 16 bytes: write parts of it with setBytes"),
    );
    assert.throws(
      () => memory.setBytes("name", 8, 9, 1),
      new BuildError("s.name has 16 bytes: 8 bytes at 9 are out of bounds"),
    );
  });
});
