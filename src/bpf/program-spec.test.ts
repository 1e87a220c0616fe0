import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Assembler } from "./assembler.ts";
import { Label } from "./instruction.ts";
import { listing, type ProgramAttach } from "./program-spec.ts";

function text(
  write: (asm: Assembler) => void,
  attach: ProgramAttach = { kind: "tp_btf", tracepoint: "kfree_skb" },
): string[] {
  const asm = new Assembler();
  write(asm);
  return listing({ name: "test", attach, ...asm.finish(), license: "GPL" })
    .trimEnd()
    .split("\n");
}

describe("listing", () => {
  test("shows slots, the verifier's notation, our notes and labels", () => {
    const out = new Label("out");
    const lines = text((asm) => {
      asm.loadMap(1, { name: "drops", kind: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
      asm.loadMemory(4, 4, 1, 112, "skb->len");
      asm.jumpIf("sgt", 4, { constant: -3 }, out);
      asm.jumpIf("ne", 4, { register: 5 }, out);
      asm.loadConstant(2, 0xffff_8000_0000_0001n);
      asm.storeRegister(2, 10, -8, 4);
      asm.storeConstant(1, 10, -16, 9);
      asm.bigEndian(32, 3);
      asm.alu("arsh", 3, { constant: 4 });
      asm.alu("mov", 3, { register: 10 });
      asm.jump(out);
      asm.call(5, "ktime_get_ns");
      asm.bind(new Label("then"));
      asm.bind(out);
      asm.exit();
    });
    assert.deepEqual(
      lines,
      [
        "; test: tp_btf/kfree_skb, GPL",
        "    0: r1 = map[drops]                      ; map drops",
        "    2: r4 = *(u32 *)(r1 + 112)              ; skb->len",
        "    3: if r4 s> -3 goto 13",
        "    4: if r4 != r5 goto 13",
        "    5: r2 = 0xffff800000000001 ll",
        "    7: *(u16 *)(r10 - 8) = r4",
        "    8: *(u8 *)(r10 - 16) = 9",
        "    9: r3 = be32 r3",
        "   10: r3 s>>= 4",
        "   11: r3 = r10",
        "   12: goto 14",
        "   13: call 5                               ; ktime_get_ns",
        "out:",
        "   14: exit",
      ].map((line) => line.replace("goto 13", "goto 14")),
    );
  });

  test("names an iterator's target", () => {
    assert.equal(text((asm) => asm.exit(), { kind: "iter", target: "tcp" })[0], "; test: iter/tcp, GPL");
  });
});
