/** Programs as plain data: what `load` passes to the kernel, and what `listing` prints. */
import * as op from "../sys/macros.ts";
import { type Instruction, slots } from "./instruction.ts";

/** Where a program runs in the kernel. */
export type ProgramAttach =
  /** A tracepoint with typed arguments from BTF (tp_btf). */
  | { readonly kind: "tp_btf"; readonly tracepoint: string }
  /** A tracepoint with untyped arguments. */
  | { readonly kind: "raw_tp"; readonly tracepoint: string }
  /** A BPF iterator over kernel objects, like "tcp". */
  | { readonly kind: "iter"; readonly target: string }
  /** Entry or exit of a kernel function, with typed arguments from BTF, through a trampoline. */
  | { readonly kind: "fentry" | "fexit"; readonly function: string }
  /** Entry or exit of a kernel function, with the CPU's registers: attached by attachKprobe. */
  | { readonly kind: "kprobe" | "kretprobe"; readonly function: string }
  /** Runs on frames that a device receives. Loaded only: attach() knows no device. */
  | { readonly kind: "xdp" }
  /** Runs on what sockets of a control group receive or send. Loaded only: attach() knows no group. */
  | { readonly kind: "cgroup_skb" };

/**
 * "tp_btf/kfree_skb", "iter/tcp", "fentry/tcp_drop", "xdp", "cgroup_skb"
 *
 * @example
 * ```ts
 * import { formatAttach } from "tcpdrop/ebpf";
 *
 * console.log(formatAttach({ kind: "tp_btf", tracepoint: "kfree_skb" }));
 * // prints: tp_btf/kfree_skb
 * ```
 */
export function formatAttach(attach: ProgramAttach): string {
  const name = attachedName(attach);
  return name === "" ? attach.kind : `${attach.kind}/${name}`;
}

/** The tracepoint, function or iterator's target; "" for kinds without one. */
export function attachedName(attach: ProgramAttach): string {
  if ("tracepoint" in attach) return attach.tracepoint;
  if ("function" in attach) return attach.function;
  return attach.kind === "iter" ? attach.target : "";
}

export interface ProgramSpec {
  readonly name: string;
  readonly attach: ProgramAttach;
  readonly instructions: readonly Instruction[];
  /** Names of labels, by index of the instruction. */
  readonly labels: ReadonlyMap<number, readonly string[]>;
  /** The kernel allows GPL-only helpers according to it. */
  readonly license: string;
}

const SIZES = ["u32", "u16", "u8", "u64"] as const;
const ALU = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>="] as const;
const JUMPS = [
  "goto",
  "==",
  ">",
  ">=",
  "&",
  "!=",
  "s>",
  "s>=",
  "call",
  "exit",
  "<",
  "<=",
  "s<",
  "s<=",
] as const;

/**
 * The program as text: one instruction a line, the kernel's slot numbers on the left, our names on the right.
 *
 * @example
 * ```ts
 * import { Builder, listing } from "tcpdrop/ebpf";
 *
 * const attach = { kind: "raw_tp", tracepoint: "sys_enter" } as const;
 * console.log(listing({ name: "nothing", attach, ...new Builder().finish(), license: "MIT" }).trim());
 * // prints: ; nothing: raw_tp/sys_enter, MIT
 * // prints: out:
 * // prints:     0: r0 = 0                               ; return 0
 * // prints:     1: exit
 * ```
 */
export function listing(program: ProgramSpec): string {
  const lines = [`; ${program.name}: ${formatAttach(program.attach)}, ${program.license}`];
  let slot = 0;
  for (const [index, instruction] of program.instructions.entries()) {
    const names = (program.labels.get(index) ?? []).filter((name) => !["on", "then", "end"].includes(name));
    for (const name of names) lines.push(`${name}:`);
    const text = formatInstruction(instruction, slot);
    const { comment } = instruction;
    const line = comment === undefined ? text : `${text.padEnd(36)} ; ${comment}`;
    lines.push(`${String(slot).padStart(5)}: ${line}`);
    slot += slots(instruction);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * One instruction in the verifier's own notation.
 *
 * @example
 * ```ts
 * import { Assembler, formatInstruction } from "tcpdrop/ebpf";
 *
 * const asm = new Assembler();
 * asm.loadMemory(4, 0, 1, 112, "skb->len");
 * console.log(asm.finish().instructions.map((instruction) => formatInstruction(instruction, 0)));
 * // prints: [ 'r0 = *(u32 *)(r1 + 112)' ]
 * ```
 */
export function formatInstruction(
  { opcode, dst, src, offset, imm, immHigh, map }: Instruction,
  slot: number,
): string {
  const memory = (register: number): string => `(r${register} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)})`;
  const size = SIZES[(opcode >> 3) & 3] ?? "?";
  const operand = (opcode & 0x08) !== 0 ? `r${src}` : String(imm);
  switch (opcode & 0x07) {
    case 0x00:
      return map === undefined
        ? `r${dst} = 0x${((BigInt((immHigh ?? 0) >>> 0) << 32n) | BigInt(imm >>> 0)).toString(16)} ll`
        : `r${dst} = map[${map.name}]`;
    case 0x01:
      return `r${dst} = *(${size} *)${memory(src)}`;
    case 0x02:
      return `*(${size} *)${memory(dst)} = ${imm}`;
    case 0x03:
      return `*(${size} *)${memory(dst)} = r${src}`;
    case 0x04:
      return `r${dst} = be${imm} r${dst}`;
    case 0x07:
      return `r${dst} ${ALU[opcode >> 4] ?? "?"} ${operand}`;
    default: {
      const jump = JUMPS[opcode >> 4] ?? "?";
      if (jump === "call") return formatCall(src, imm);
      if (jump === "exit") return "exit";
      if (jump === "goto") return `goto ${slot + offset + 1}`;
      return `if r${dst} ${jump} ${operand} goto ${slot + offset + 1}`;
    }
  }
}

function formatCall(src: number, imm: number): string {
  return `call ${src === op.BPF_PSEUDO_KFUNC_CALL ? "kfunc " : ""}${imm}`;
}
