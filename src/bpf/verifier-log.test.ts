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

  for (const [title, after, complaint] of [
    [
      "with details",
      "invalid access to map value, value_size=8 off=8 size=8\nR0 min value is outside of the range",
      "invalid access to map value, value_size=8 off=8 size=8",
    ],
    [
      "with advice, as Linux 7.3 gives it",
      "R1 type=rcu_ptr_ expected=ptr_, trusted_ptr_\nPass a value with one of the accepted pointer types",
      "R1 type=rcu_ptr_ expected=ptr_, trusted_ptr_",
    ],
    [
      "after a remark",
      "arg 1 is not what it should be\nR1 type=scalar expected=map_ptr",
      "R1 type=scalar expected=map_ptr",
    ],
    [
      "with states",
      "infinite loop detected at insn 3\ncur state: R0=0 R10=fp0\nold state: R0=0 R10=fp0",
      "infinite loop detected at insn 3",
    ],
    [
      "about an exit",
      "Unreleased reference id=2 alloc_insn=1\nBPF_EXIT would leak",
      "Unreleased reference id=2 alloc_insn=1",
    ],
  ] as const)
    test(`is the complaint on one line: one ${title}`, () => {
      const log = `2: (b7) r2 = 1     ; R2=1\n3: (85) call bpf_x#1\n${after}\nprocessed 3 insns (limit 5)\n`;
      assert.equal(linesThatMatter(log), `3: (85) call bpf_x#1 => ${complaint}`);
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
