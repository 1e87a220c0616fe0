/**
 * Emits instructions in order and resolves jumps. Call sites read like a listing:
 *
 *     asm.loadMemory(4, 0, 1, 112, "skb->len");
 *     asm.jumpIf("ne", 0, 0, out);
 */
import { BuildError } from "../errors.ts";
import * as op from "../sys/macros.ts";
import { type Instruction, type Label, type Register, slots } from "./instruction.ts";
import type { MapSpec } from "./map-spec.ts";

/** A helper by its number, or a function of the kernel by its BTF id. */
export type Callee = number | { readonly kfunc: number };
export type Size = 1 | 2 | 4 | 8;
export type AluOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "or"
  | "and"
  | "lsh"
  | "rsh"
  | "mod"
  | "xor"
  | "mov"
  | "arsh";
export type JumpOp = "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "set" | "sgt" | "sge" | "slt" | "sle";

const SIZE: Readonly<Record<Size, number>> = { 1: op.BPF_B, 2: op.BPF_H, 4: op.BPF_W, 8: op.BPF_DW };
const ALU: Readonly<Record<AluOp, number>> = {
  add: op.BPF_ADD,
  sub: op.BPF_SUB,
  mul: op.BPF_MUL,
  div: op.BPF_DIV,
  or: op.BPF_OR,
  and: op.BPF_AND,
  lsh: op.BPF_LSH,
  rsh: op.BPF_RSH,
  mod: op.BPF_MOD,
  xor: op.BPF_XOR,
  mov: op.BPF_MOV,
  arsh: op.BPF_ARSH,
};
const JUMP: Readonly<Record<JumpOp, number>> = {
  eq: op.BPF_JEQ,
  ne: op.BPF_JNE,
  gt: op.BPF_JGT,
  ge: op.BPF_JGE,
  lt: op.BPF_JLT,
  le: op.BPF_JLE,
  set: op.BPF_JSET,
  sgt: op.BPF_JSGT,
  sge: op.BPF_JSGE,
  slt: op.BPF_JSLT,
  sle: op.BPF_JSLE,
};

/** An operand: a register, or a constant that fits in 32 signed bits. */
export type Operand = { readonly register: Register } | { readonly constant: number };

/**
 * Emits instructions one by one, by register number; `Builder` stands on top of it.
 *
 * @example
 * ```ts
 * import { Assembler, formatInstruction } from "tcpdrop/ebpf";
 *
 * const asm = new Assembler();
 * asm.alu("mov", 0, { constant: 1 });
 * asm.exit();
 * for (const [slot, instruction] of asm.finish().instructions.entries())
 *   console.log(formatInstruction(instruction, slot));
 * // prints: r0 = 1
 * // prints: exit
 * ```
 */
export class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #bound = new Map<Label, number>();
  #lastPlace = 0;

  #emit(instruction: Partial<Instruction> & Pick<Instruction, "opcode">): void {
    this.#instructions.push({ dst: 0, src: 0, offset: 0, imm: 0, ...instruction });
  }

  /** dst = *(size *)(src + offset), zero-extended. */
  loadMemory(size: Size, dst: Register, src: Register, offset: number, comment?: string): void {
    this.#emit({ opcode: op.BPF_LDX | SIZE[size] | op.BPF_MEM, dst, src, offset, ...noted(comment) });
  }

  /** *(size *)(dst + offset) = src */
  storeRegister(size: Size, dst: Register, offset: number, src: Register, comment?: string): void {
    this.#emit({ opcode: op.BPF_STX | SIZE[size] | op.BPF_MEM, dst, src, offset, ...noted(comment) });
  }

  /** *(size *)(dst + offset) = constant */
  storeConstant(size: Size, dst: Register, offset: number, constant: number, comment?: string): void {
    this.#emit({
      opcode: op.BPF_ST | SIZE[size] | op.BPF_MEM,
      dst,
      offset,
      imm: fitting(constant),
      ...noted(comment),
    });
  }

  /** dst = dst OP operand, on 64 bits. */
  alu(operation: AluOp, dst: Register, operand: Operand, comment?: string): void {
    const isRegister = "register" in operand;
    this.#emit({
      opcode: op.BPF_ALU64 | ALU[operation] | (isRegister ? op.BPF_X : op.BPF_K),
      dst,
      ...(isRegister ? { src: operand.register } : { imm: fitting(operand.constant) }),
      ...noted(comment),
    });
  }

  /** dst = a 64-bit constant, in the fewest slots. */
  loadConstant(dst: Register, constant: bigint, comment?: string): void {
    const signed = BigInt.asIntN(64, constant);
    if (signed === BigInt.asIntN(32, signed)) this.alu("mov", dst, { constant: Number(signed) }, comment);
    else
      this.#emit({
        opcode: op.BPF_LD | op.BPF_DW | op.BPF_IMM,
        dst,
        imm: Number(signed & 0xffff_ffffn),
        immHigh: Number((signed >> 32n) & 0xffff_ffffn),
        ...noted(comment),
      });
  }

  /** dst = the map; the loader fills in its descriptor. */
  loadMap(dst: Register, map: MapSpec): void {
    this.#emit({
      opcode: op.BPF_LD | op.BPF_DW | op.BPF_IMM,
      dst,
      src: op.BPF_PSEUDO_MAP_FD,
      immHigh: 0,
      map,
      comment: `map ${map.name}`,
    });
  }

  /** Converts dst between big-endian and the host's order; clears the upper bits. */
  bigEndian(bits: 16 | 32 | 64, dst: Register, comment?: string): void {
    this.#emit({ opcode: op.BPF_ALU | op.BPF_END | op.BPF_TO_BE, dst, imm: bits, ...noted(comment) });
  }

  jumpIf(operation: JumpOp, dst: Register, operand: Operand, target: Label, comment?: string): void {
    const isRegister = "register" in operand;
    this.#emit({
      opcode: op.BPF_JMP | JUMP[operation] | (isRegister ? op.BPF_X : op.BPF_K),
      dst,
      ...(isRegister ? { src: operand.register } : { imm: fitting(operand.constant) }),
      target,
      ...noted(comment),
    });
  }

  jump(target: Label, comment?: string): void {
    this.#emit({ opcode: op.BPF_JMP | op.BPF_JA, target, ...noted(comment) });
  }

  call(callee: Callee, comment?: string): void {
    const which =
      typeof callee === "number" ? { imm: callee } : { src: op.BPF_PSEUDO_KFUNC_CALL, imm: callee.kfunc };
    this.#emit({ opcode: op.BPF_JMP | op.BPF_CALL, ...which, ...noted(comment) });
  }

  exit(): void {
    this.#emit({ opcode: op.BPF_JMP | op.BPF_EXIT });
  }

  /** False where the next instruction is unreachable: the last one jumps or exits, and no label is here. */
  get fallsThrough(): boolean {
    const opcode = this.#instructions.at(-1)?.opcode;
    const leaves = opcode === (op.BPF_JMP | op.BPF_JA) || opcode === (op.BPF_JMP | op.BPF_EXIT);
    return !leaves || this.#lastPlace === this.#instructions.length;
  }

  /** Binds `label` to the next instruction. */
  bind(label: Label): void {
    if (this.#bound.has(label)) throw new BuildError(`The label ${label.name} is bound twice`);
    this.#bound.set(label, this.#instructions.length);
    this.#lastPlace = this.#instructions.length;
  }

  /** Everything emitted so far, with jumps resolved. A jump to an unbound label is a BuildError. */
  finish(): { instructions: readonly Instruction[]; labels: ReadonlyMap<number, readonly string[]> } {
    const slotOf: number[] = [];
    let slot = 0;
    for (const instruction of this.#instructions) {
      slotOf.push(slot);
      slot += slots(instruction);
    }
    slotOf.push(slot);
    const resolved = this.#instructions.map((instruction, index) => {
      if (instruction.target === undefined) return instruction;
      const to = this.#bound.get(instruction.target);
      if (to === undefined)
        throw new BuildError(`A jump targets the label ${instruction.target.name}, which is not bound`);
      const offset = (slotOf[to] ?? 0) - (slotOf[index] ?? 0) - 1;
      if (offset > 0x7fff || offset < -0x8000)
        throw new BuildError(`The jump to ${instruction.target.name} is out of range: ${offset} slots`);
      return { ...instruction, offset };
    });
    const labels = new Map<number, string[]>();
    for (const [label, at] of this.#bound) labels.set(at, [...(labels.get(at) ?? []), label.name]);
    return { instructions: resolved, labels };
  }
}

function noted(comment: string | undefined): { comment?: string } {
  return comment === undefined ? {} : { comment };
}

function fitting(constant: number): number {
  if (constant !== (constant | 0))
    throw new BuildError(`${constant} does not fit into a signed 32-bit immediate`);
  return constant;
}
