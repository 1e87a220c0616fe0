/**
 * Counts the helper calls of a program, on real drops: an addition to the value of a map precedes each call.
 * That changes the time, but the counts are the same on every machine.
 */
import { BpfMap, type Instruction, indexKey, type MapSpec, type ProgramSpec } from "../../src/bpf/index.ts";
import { slots } from "../../src/bpf/instruction.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import * as op from "../../src/sys/macros.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";

const MOST_HELPERS = 256;
/** Below everything that our programs keep on the stack of 512 bytes. */
const SPILL_AT = -512;
const WITHOUT_ARGUMENTS: readonly number[] = [
  uapi.BPF_FUNC_ktime_get_boot_ns,
  uapi.BPF_FUNC_get_smp_processor_id,
  uapi.BPF_FUNC_get_current_pid_tgid,
  uapi.BPF_FUNC_get_current_task_btf,
];
const CALLS: MapSpec = {
  name: "helper_calls",
  kind: "array",
  keySize: 4,
  valueSize: 8 * MOST_HELPERS,
  maxEntries: 1,
};

export class HelperCalls implements Disposable {
  readonly #map = BpfMap.create(sys, CALLS, possibleCpus());

  /** For Program.load, together with the program's own. */
  get entry(): readonly [MapSpec, BpfMap] {
    return [CALLS, this.#map];
  }

  /** Calls so far, by the helper's number. */
  counts(): ReadonlyMap<number, number> {
    const [value] = this.#map.lookup(indexKey(0)) ?? [];
    const all = Array.from({ length: MOST_HELPERS }, (_unused, id): [number, number] => [
      id,
      value?.u64AsNumber(8 * id) ?? 0,
    ]);
    return new Map(all.filter(([, count]) => count > 0));
  }

  [Symbol.dispose](): void {
    this.#map[Symbol.dispose]();
  }
}

/** The program with its calls counted. Jumps keep their targets. */
export function countingCalls(spec: ProgramSpec): ProgramSpec {
  const pieces = spec.instructions.map((instruction) =>
    isHelperCall(instruction) ? [...counted(instruction.imm), instruction] : [instruction],
  );
  const before = starts(spec.instructions.map(slots));
  const after = starts(
    pieces.map((piece) => piece.reduce((sum, instruction) => sum + slots(instruction), 0)),
  );
  const instructions = pieces.flatMap((piece, index) =>
    piece.map((instruction): Instruction => {
      if (!isJump(instruction)) return instruction;
      // A jump is a piece of its own, and counts from the instruction after it.
      const target = before.indexOf((before[index] ?? 0) + 1 + instruction.offset);
      return { ...instruction, offset: (after[target] ?? 0) - (after[index] ?? 0) - 1 };
    }),
  );
  return { ...spec, instructions, labels: new Map() };
}

/**
 * A call overwrites r0 anyway; r1 is saved if it is an argument. If it is not, it may be unreadable.
 */
function counted(helper: number): readonly Instruction[] {
  const plain = { dst: 0, src: 0, offset: 0, imm: 0 } as const;
  const keep: Instruction = {
    ...plain,
    opcode: op.BPF_STX | op.BPF_DW | op.BPF_MEM,
    dst: 10,
    src: 1,
    offset: SPILL_AT,
  };
  const fetch: Instruction = {
    ...plain,
    opcode: op.BPF_LDX | op.BPF_DW | op.BPF_MEM,
    dst: 1,
    src: 10,
    offset: SPILL_AT,
  };
  const takesNone = WITHOUT_ARGUMENTS.includes(helper);
  return [
    ...(takesNone ? [] : [keep]),
    {
      ...plain,
      opcode: op.BPF_LD | op.BPF_DW | op.BPF_IMM,
      dst: 1,
      src: op.BPF_PSEUDO_MAP_VALUE,
      immHigh: 8 * helper,
      map: CALLS,
    },
    { ...plain, opcode: op.BPF_ALU64 | op.BPF_MOV | op.BPF_K, imm: 1 },
    { ...plain, opcode: op.BPF_STX | op.BPF_DW | op.BPF_ATOMIC, dst: 1, offset: 0, imm: op.BPF_ADD },
    ...(takesNone ? [] : [fetch]),
  ];
}

function isHelperCall({ opcode, src }: Instruction): boolean {
  return opcode === (op.BPF_JMP | op.BPF_CALL) && src === 0;
}

function isJump({ opcode }: Instruction): boolean {
  const kind = opcode & 0x07;
  const operation = opcode & 0xf0;
  return (
    (kind === op.BPF_JMP || kind === op.BPF_JMP32) && operation !== op.BPF_CALL && operation !== op.BPF_EXIT
  );
}

/** The start of each, if they are concatenated. */
function starts(sizes: readonly number[]): readonly number[] {
  let sum = 0;
  return sizes.map((size) => {
    sum += size;
    return sum - size;
  });
}
