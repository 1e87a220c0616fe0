/**
 * eBPF instructions as plain data, and their encoding in eight bytes.
 *
 *     opcode:8  dst_reg:4 src_reg:4  off:16  imm:32     Documentation/bpf/standardization/instruction-set.rst
 *
 * The two registers share a byte, dst in the low half on a little-endian machine and in the high half on a
 * big-endian one.
 */
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { BuildError } from "../errors.ts";
import type { MapSpec } from "./map-spec.ts";

/** R0 result, R1-R5 arguments (clobbered by calls), R6-R9 preserved across calls, R10 frame pointer. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export interface Instruction {
  readonly opcode: number;
  readonly dst: Register;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
  /** The upper half of a 64-bit immediate: the instruction then takes two slots. */
  readonly immHigh?: number;
  /** Target of a jump, until labels are resolved. */
  readonly target?: Label;
  /** The map whose descriptor the loader puts into `imm`. */
  readonly map?: MapSpec;
  /** Shown in listings. */
  readonly comment?: string;
}

/**
 * A jump target; unresolved until the assembler binds it to an instruction.
 *
 * @example
 * ```ts
 * import { Assembler, Label } from "tcpdrop/ebpf";
 *
 * const asm = new Assembler();
 * const end = new Label("end");
 * asm.jump(end);
 * asm.bind(end);
 * asm.exit();
 * console.log(asm.finish().labels);
 * // prints: Map(1) { 1 => [ 'end' ] }
 * ```
 */
export class Label {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const INSTRUCTION_BYTES = 8;

/** How many 8-byte slots the instruction takes. */
export function slots(instruction: Instruction): 1 | 2 {
  return instruction.immHigh === undefined ? 1 : 2;
}

/**
 * The bytes for bpf(2). Jumps must be resolved. An offset that does not fit into 16 bits is a BuildError.
 *
 * @example
 * ```ts
 * import { Assembler, encodeInstructions } from "tcpdrop/ebpf";
 *
 * const asm = new Assembler();
 * asm.exit();
 * console.log(Buffer.from(encodeInstructions(asm.finish().instructions)).toString("hex"));
 * // prints: 9500000000000000
 * ```
 */
export function encodeInstructions(instructions: readonly Instruction[]): Uint8Array {
  const total = instructions.reduce((sum, instruction) => sum + slots(instruction), 0);
  const bytes = new Uint8Array(total * INSTRUCTION_BYTES);
  // imm lies in the second word of a slot; the first word's parts are bytes and a half word.
  const halves = new Int16Array(bytes.buffer);
  const words = new Int32Array(bytes.buffer);
  let slot = 0;
  for (const { opcode, dst, src, offset, imm, immHigh } of instructions) {
    bytes[slot * INSTRUCTION_BYTES] = opcode;
    bytes[slot * INSTRUCTION_BYTES + 1] = HOST_LITTLE_ENDIAN ? (src << 4) | dst : (dst << 4) | src;
    if (offset > 0x7fff || offset < -0x8000)
      throw new BuildError(`The offset ${offset} does not fit 16 bits`);
    halves[slot * 4 + 1] = offset;
    words[slot * 2 + 1] = imm;
    slot += 1;
    if (immHigh === undefined) continue;
    words[slot * 2 + 1] = immHigh;
    slot += 1;
  }
  return bytes;
}
