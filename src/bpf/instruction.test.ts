import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { BuildError } from "../errors.ts";
import { Assembler } from "./assembler.ts";
import { encodeInstructions, type Instruction, Label } from "./instruction.ts";

const skip = HOST_LITTLE_ENDIAN ? false : "the bytes are those of a little-endian host";

function hex(write: (asm: Assembler) => void): string {
  const asm = new Assembler();
  write(asm);
  return Buffer.from(encodeInstructions(asm.finish().instructions)).toString("hex");
}

/** Bytes as `llvm-objdump -d` shows them for the same instruction. */
const KNOWN: readonly (readonly [string, (asm: Assembler) => void, string])[] = [
  ["r0 = 0", (asm) => asm.alu("mov", 0, { constant: 0 }), "b700000000000000"],
  ["r1 = -1", (asm) => asm.alu("mov", 1, { constant: -1 }), "b7010000ffffffff"],
  ["r6 = r1", (asm) => asm.alu("mov", 6, { register: 1 }), "bf16000000000000"],
  ["r2 += -8", (asm) => asm.alu("add", 2, { constant: -8 }), "07020000f8ffffff"],
  ["r3 -= r4", (asm) => asm.alu("sub", 3, { register: 4 }), "1f43000000000000"],
  ["r3 *= 5", (asm) => asm.alu("mul", 3, { constant: 5 }), "2703000005000000"],
  ["r3 /= r5", (asm) => asm.alu("div", 3, { register: 5 }), "3f53000000000000"],
  ["r3 |= 1", (asm) => asm.alu("or", 3, { constant: 1 }), "4703000001000000"],
  ["r1 &= 15", (asm) => asm.alu("and", 1, { constant: 15 }), "570100000f000000"],
  ["r1 <<= 2", (asm) => asm.alu("lsh", 1, { constant: 2 }), "6701000002000000"],
  ["r1 >>= r2", (asm) => asm.alu("rsh", 1, { register: 2 }), "7f21000000000000"],
  ["r1 %= 7", (asm) => asm.alu("mod", 1, { constant: 7 }), "9701000007000000"],
  ["r1 ^= r1", (asm) => asm.alu("xor", 1, { register: 1 }), "af11000000000000"],
  ["r1 s>>= 63", (asm) => asm.alu("arsh", 1, { constant: 63 }), "c70100003f000000"],
  ["r1 = *(u8 *)(r2 + 3)", (asm) => asm.loadMemory(1, 1, 2, 3), "7121030000000000"],
  ["r1 = *(u16 *)(r2 + 0)", (asm) => asm.loadMemory(2, 1, 2, 0), "6921000000000000"],
  ["r4 = *(u32 *)(r1 + 112)", (asm) => asm.loadMemory(4, 4, 1, 112), "6114700000000000"],
  ["r1 = *(u64 *)(r10 - 8)", (asm) => asm.loadMemory(8, 1, 10, -8), "79a1f8ff00000000"],
  ["*(u64 *)(r10 - 16) = r9", (asm) => asm.storeRegister(8, 10, -16, 9), "7b9af0ff00000000"],
  ["*(u32 *)(r10 - 4) = 7", (asm) => asm.storeConstant(4, 10, -4, 7), "620afcff07000000"],
  ["r1 = be16 r1", (asm) => asm.bigEndian(16, 1), "dc01000010000000"],
  [
    "r1 = 0x123456789abcdef0 ll",
    (asm) => asm.loadConstant(1, 0x1234_5678_9abc_def0n),
    "18010000f0debc9a0000000078563412",
  ],
  [
    "r1 = 0xffffffff ll, since an immediate is sign-extended",
    (asm) => asm.loadConstant(1, 0xffff_ffffn),
    "18010000ffffffff0000000000000000",
  ],
  [
    "r1 = -1 in one slot for 2^64 - 1",
    (asm) => asm.loadConstant(1, 0xffff_ffff_ffff_ffffn),
    "b7010000ffffffff",
  ],
  ["r1 = -2^31 in one slot", (asm) => asm.loadConstant(1, -0x8000_0000n), "b701000000000080"],
  ["call 14", (asm) => asm.call(14), "850000000e000000"],
  ["exit", (asm) => asm.exit(), "9500000000000000"],
];

describe("encodeInstructions", () => {
  for (const [title, write, bytes] of KNOWN) {
    test(`${title} is ${bytes}`, { skip }, () => assert.equal(hex(write), bytes));
  }

  const JUMPS = {
    eq: "15",
    gt: "25",
    ge: "35",
    set: "45",
    ne: "55",
    sgt: "65",
    sge: "75",
    lt: "a5",
    le: "b5",
    slt: "c5",
    sle: "d5",
  } as const;
  for (const [operation, opcode] of Object.entries(JUMPS)) {
    test(`a jump on ${operation} is ${opcode} with a constant, and has the bit of BPF_X with a register`, {
      skip,
    }, () => {
      const jump = (write: (asm: Assembler, out: Label) => void): string =>
        hex((asm) => {
          const out = new Label("out");
          write(asm, out);
          asm.bind(out);
          asm.exit();
        });
      const op = operation as keyof typeof JUMPS;
      assert.equal(
        jump((asm, out) => asm.jumpIf(op, 3, { constant: 6 }, out)).slice(0, 16),
        `${opcode}03000006000000`,
      );
      const withRegister = (Number.parseInt(opcode, 16) | 0x08).toString(16);
      assert.equal(
        jump((asm, out) => asm.jumpIf(op, 3, { register: 4 }, out)).slice(0, 16),
        `${withRegister}43000000000000`,
      );
    });
  }

  test("refuses an offset that 16 bits cannot hold", () => {
    const instruction: Instruction = { opcode: 0x79, dst: 1, src: 2, offset: 0x8000, imm: 0 };
    assert.throws(() => encodeInstructions([instruction]), BuildError);
  });
});
