import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { linesThatMatter } from "./verifier-log.ts";

const LOG = `func#0 @0
0: R1=ctx() R10=fp0
0: (b7) r0 = 0                        ; R0_w=0
1: (79) r1 = *(u64 *)(r10 -8)
invalid read from stack off -8+0 size 8
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe("linesThatMatter", () => {
  test("is the instruction and the complaint", () => {
    assert.equal(
      linesThatMatter(LOG),
      "1: (79) r1 = *(u64 *)(r10 -8) => invalid read from stack off -8+0 size 8",
    );
  });

  test("takes the last instruction before the complaint, past states and statistics", () => {
    const log =
      "5: (85) call bpf_x#5\n; R0=scalar()\n6: (95) exit\n7: R0=1\nR0 !read_ok\nverification time 12 usec\nstack depth 8\nprocessed 7 insns\n";
    assert.equal(linesThatMatter(log), "6: (95) exit => R0 !read_ok");
  });

  test("is the complaint alone where there is no instruction", () => {
    assert.equal(
      linesThatMatter("unreachable insn 7\nprocessed 0 insns (limit 1000000)\n"),
      "unreachable insn 7",
    );
  });

  test("says so where the log is empty", () => {
    assert.equal(linesThatMatter(""), "the kernel gave no reason");
    assert.equal(linesThatMatter("\nprocessed 2 insns (limit 5)\n"), "the kernel gave no reason");
  });
});
