/**
 * Probes on the entry and exit of any kernel function that may be probed, for kernels and machines without
 * trampolines (fentry).
 *
 * The probe is an event of perf's dynamic PMUs "kprobe" and "kretprobe" (kernel/events/core.c,
 * perf_kprobe_event_init(), since Linux 4.17): tracefs is not needed. The program is attached by an ioctl,
 * which every kernel with that PMU has; links through BPF_LINK_CREATE came with 5.15.
 */
import { readFileSync } from "node:fs";
import { BuildError, UnsupportedError } from "../errors.ts";
import { check } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import { PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_BPF, PERF_FLAG_FD_CLOEXEC } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { perfEventAttr } from "../sys/uapi.gen.ts";
import { Scalar } from "./expression.ts";
import type { KernelTypes } from "./kernel-struct.ts";
import type { Program } from "./program.ts";
import { formatAttach } from "./program-spec.ts";

const PMU = "/sys/bus/event_source/devices/kprobe";

/**
 * Attaches a program of kind kprobe or kretprobe on every CPU. Disposing detaches. UnsupportedError if the
 * kernel has no kprobes.
 */
export function attachKprobe(sys: Syscalls, program: Program, pmuFolder = PMU): OwnedFd {
  const { spec } = program;
  if (spec.attach.kind !== "kprobe" && spec.attach.kind !== "kretprobe")
    throw new BuildError(`The program ${spec.name} is for ${formatAttach(spec.attach)}`);
  const { type, returnBit } = readKprobePmu(pmuFolder);
  const name = new TextEncoder().encode(`${spec.attach.function}\0`);
  const attr = perfEventAttr.encode({
    type,
    size: perfEventAttr.size,
    config: spec.attach.kind === "kretprobe" ? 1n << BigInt(returnBit) : 0n,
    config1: sys.addressOf(name),
  });
  const what = `Cannot attach ${spec.name} to ${formatAttach(spec.attach)}`;
  // Any CPU will do: the program runs on all of them.
  const event = new OwnedFd(
    sys,
    check(sys.perfEventOpen(attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC), "perf_event_open", what),
    `probe of ${spec.name}`,
  );
  try {
    check(sys.ioctl(event.fd, PERF_EVENT_IOC_SET_BPF, program.fd), "ioctl(PERF_EVENT_IOC_SET_BPF)", what);
    check(sys.ioctl(event.fd, PERF_EVENT_IOC_ENABLE, 0), "ioctl(PERF_EVENT_IOC_ENABLE)", what);
    return event;
  } catch (failure) {
    event[Symbol.dispose]();
    throw failure;
  }
}

/**
 * The PMU's number, and the bit of `config` that selects the function's return. UnsupportedError if the
 * kernel has no kprobes: cheaper than trying to attach.
 */
export function readKprobePmu(folder = PMU): { readonly type: number; readonly returnBit: number } {
  try {
    const type = Number(readFileSync(`${folder}/type`, "latin1"));
    const format = /^config:(\d+)/.exec(readFileSync(`${folder}/format/retprobe`, "latin1"));
    return { type, returnBit: Number(format?.[1] ?? 0) };
  } catch (cause) {
    throw new UnsupportedError(`This kernel has no kprobes for perf: ${folder} cannot be read`, "kprobe", {
      cause,
    });
  }
}

/**
 * Where the calling convention puts a function's arguments: fields of pt_regs, or elements of an array.
 * Chosen by the fields that the kernel's pt_regs has.
 */
const REGISTERS = [
  { has: "di", fields: ["di", "si", "dx", "cx", "r8", "r9"] },
  { has: "a0", fields: ["a0", "a1", "a2", "a3", "a4", "a5"] },
  // arm64: x0-x7, arch/arm64/include/asm/ptrace.h
  { has: "pstate", array: "regs", first: 0 },
  // s390x: r2-r6, arch/s390/include/asm/ptrace.h
  { has: "gprs", array: "gprs", first: 2 },
] as const;

/**
 * An argument of the traced function, from the registers at its entry: `context` is a kprobe's.
 *
 * @example
 * ```ts
 * import { Builder, KernelTypes, openKernelBtf, registerArgument } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * const skb = registerArgument(new KernelTypes(openKernelBtf()), b.context, 0, "skb");
 * console.log(skb.bits);
 * // prints: 64
 * ```
 */
export function registerArgument(
  kernel: KernelTypes,
  context: Scalar,
  index: number,
  comment: string,
): Scalar {
  const found = REGISTERS.find(({ has }) => kernel.has("pt_regs", has));
  if (found === undefined)
    throw new UnsupportedError(
      "This machine's registers are unknown: its pt_regs is not that of x86, arm64, riscv or s390",
      "kprobe",
    );
  const field = "fields" in found ? found.fields[index] : found.array;
  if (field === undefined) throw new BuildError(`${comment}: argument ${index} is not passed in a register`);
  const offset = kernel.offsetOf("pt_regs", field) + ("array" in found ? 8 * (found.first + index) : 0);
  return new Scalar({ kind: "load", base: context.expression, offset, size: 8, comment }, 64);
}
