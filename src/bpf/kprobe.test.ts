import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfWriter } from "../../tools/btf-writer.ts";
import { Btf } from "../btf/index.ts";
import { BuildError, UnsupportedError } from "../errors.ts";
import { Scalar } from "./expression.ts";
import { KernelTypes } from "./kernel-struct.ts";
import { registerArgument } from "./kprobe.ts";

/** A kernel whose pt_regs has these fields, at these bytes. */
function kernelWith(fields: Readonly<Record<string, number>>): KernelTypes {
  const writer = new BtfWriter();
  const typeId = writer.add({ kind: "int", name: "unsigned long", sizeBytes: 8 });
  const members = Object.entries(fields).map(([name, offset]) => ({ name, typeId, offsetBits: 8 * offset }));
  writer.add({ kind: "struct", name: "pt_regs", sizeBytes: 512, members });
  return new KernelTypes(Btf.parse(writer.bytes()));
}

/** From asm/ptrace.h of each, Linux 6.12; for each the offsets of the first two arguments and of the fifth. */
const MACHINES = [
  ["x86", { r9: 64, r8: 72, cx: 88, dx: 96, si: 104, di: 112 }, [112, 104, 72]],
  ["riscv", { a0: 80, a1: 88, a2: 96, a3: 104, a4: 112, a5: 120 }, [80, 88, 112]],
  ["arm64", { regs: 0, sp: 248, pc: 256, pstate: 264 }, [0, 8, 32]],
  ["s390", { psw: 8, gprs: 24 }, [40, 48, 72]],
] as const;

const CONTEXT = new Scalar({ kind: "constant", value: 0n }, 64);

function offsetOf(kernel: KernelTypes, index: number): number {
  const { expression } = registerArgument(kernel, CONTEXT, index, "argument");
  return expression.kind === "load" ? expression.offset : assert.fail(expression.kind);
}

describe("registerArgument", () => {
  for (const [machine, fields, expected] of MACHINES)
    test(`finds arguments in the pt_regs of ${machine}`, () => {
      const kernel = kernelWith(fields);
      assert.deepEqual(
        [0, 1, 4].map((index) => offsetOf(kernel, index)),
        expected,
      );
    });

  test("refuses registers that it does not know, and arguments that are in none", () => {
    assert.throws(() => offsetOf(kernelWith({ uregs: 0 }), 0), UnsupportedError);
    assert.throws(() => offsetOf(kernelWith(MACHINES[0][1]), 6), BuildError);
  });
});
