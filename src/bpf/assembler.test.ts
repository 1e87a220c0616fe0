import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BuildError } from "../errors.ts";
import { Assembler } from "./assembler.ts";
import { Label } from "./instruction.ts";

const offsets = (asm: Assembler): number[] => asm.finish().instructions.map(({ offset }) => offset);

describe("Assembler", () => {
  test("resolves jumps forward and back, counting 64-bit constants as two slots", () => {
    const asm = new Assembler();
    const back = new Label("back");
    const out = new Label("out");
    asm.bind(back); // slot 0
    asm.loadConstant(1, 1n << 40n); // slots 0 and 1
    asm.jumpIf("eq", 1, { constant: 0 }, out); // slot 2
    asm.loadConstant(2, 1n << 41n); // slots 3 and 4
    asm.jump(back); // slot 5
    asm.bind(out); // slot 6
    asm.exit();
    assert.deepEqual(offsets(asm), [0, 3, 0, -6, 0]);
  });

  test("keeps every name of an instruction", () => {
    const asm = new Assembler();
    asm.bind(new Label("a"));
    asm.bind(new Label("b"));
    asm.exit();
    assert.deepEqual([...asm.finish().labels], [[0, ["a", "b"]]]);
  });

  test("a jump to a label that is not bound is a BuildError that names it", () => {
    const asm = new Assembler();
    asm.jump(new Label("lost"));
    assert.throws(() => asm.finish(), new BuildError("A jump targets the label lost, which is not bound"));
  });

  test("a label that is bound twice is a BuildError", () => {
    const asm = new Assembler();
    const label = new Label("here");
    asm.bind(label);
    assert.throws(() => asm.bind(label), new BuildError("The label here is bound twice"));
  });

  test("fallsThrough says whether anything arrives at the next instruction", () => {
    const asm = new Assembler();
    assert.equal(asm.fallsThrough, true);
    asm.exit();
    assert.equal(asm.fallsThrough, false);
    const label = new Label("here");
    asm.bind(label);
    assert.equal(asm.fallsThrough, true);
    asm.jumpIf("eq", 1, { constant: 0 }, label);
    assert.equal(asm.fallsThrough, true);
    asm.jump(label);
    assert.equal(asm.fallsThrough, false);
  });

  for (const [direction, far] of [
    ["forward", 0x8000],
    ["back", 0x8000],
  ] as const) {
    test(`a jump too far ${direction} is a BuildError that names the label`, () => {
      const asm = new Assembler();
      const target = new Label("far");
      if (direction === "forward") asm.jump(target);
      else asm.bind(target);
      for (let index = 0; index < far; index += 1) asm.exit();
      if (direction === "back") asm.jump(target);
      else asm.bind(target);
      asm.exit();
      assert.throws(
        () => asm.finish(),
        (error) => error instanceof BuildError && error.message.startsWith("The jump to far is out of range"),
      );
    });
  }

  for (const wide of [2 ** 31, -(2 ** 31) - 1, 2 ** 32, 1.5, Number.NaN]) {
    test(`an immediate of ${wide} is a BuildError, wherever it stands`, () => {
      const asm = new Assembler();
      const message = new BuildError(`${wide} does not fit into a signed 32-bit immediate`);
      assert.throws(() => asm.alu("add", 1, { constant: wide }), message);
      assert.throws(() => asm.jumpIf("eq", 1, { constant: wide }, new Label("x")), message);
      assert.throws(() => asm.storeConstant(8, 10, -8, wide), message);
    });
  }
});
