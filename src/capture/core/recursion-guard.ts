/**
 * A program that interrupts itself on the same CPU would write into the record that it was filling: an
 * interrupt may free an skb while the program looks at another.
 *
 * Since Linux 6.1 the kernel skips such runs of tp_btf programs, and counts them: __bpf_trace_run(),
 * kernel/trace/bpf_trace.c, calls bpf_prog_inc_misses_counter(), which was made for it (05b24ff9b2cf).
 * bpf_prog.active and recursion_misses say nothing: from 5.12 on they are there, for programs on trampolines
 * alone.
 */
import type { Builder, KernelTypes, StructMemory } from "../../bpf/index.ts";
import { struct, u64 } from "../../bytes/struct.ts";

export const guard = struct("guard", 16, {
  /** Not 0: the program is running on this CPU. */
  busy: u64(0),
  /** Runs that were skipped because of that. */
  missed: u64(8),
});

/** False also where BTF does not name the function although the kernel has it: two guards do no harm. */
export function kernelGuardsRecursion({ btf }: KernelTypes): boolean {
  return btf.find("bpf_prog_inc_misses_counter", "func") !== undefined;
}

/**
 * Counts a nested run and leaves; else marks the CPU as busy until the program leaves. Nothing here needs to
 * be atomic: whoever comes between has come to its end before we go on.
 */
export function guardRecursion(b: Builder, memory: StructMemory<(typeof guard)["fields"]>): void {
  b.if(memory.get("busy").notZero(), () => {
    memory.add("missed", 1);
    b.leave();
  });
  memory.set("busy", 1);
  b.whenLeaving(() => memory.set("busy", 0));
}
