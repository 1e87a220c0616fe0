/** Public entry point of the eBPF layer, which knows nothing about TCP. */
export { type AluOp, Assembler, type Callee, type JumpOp, type Operand, type Size } from "./assembler.ts";
export { Builder } from "./builder.ts";
export { all, any, type Condition, type Expression, not, Scalar } from "./expression.ts";
export { encodeInstructions, type Instruction, Label, type Register } from "./instruction.ts";
export {
  type Access,
  type AnyStruct,
  type ArraySpec,
  array,
  type Bytes,
  type EmbeddedSpec,
  embedded,
  type FieldSpec,
  type FieldSpecs,
  type FieldValue,
  type KernelStruct,
  KernelTypes,
  kernelStruct,
  type OptionalSpec,
  optional,
  type Pointer,
  type PointerSpec,
  pointer,
  type ScalarSpec,
  scalar,
} from "./kernel-struct.ts";
export { castResult, readOnlyCast } from "./kfunc.ts";
export { attachKprobe, readKprobePmu, registerArgument } from "./kprobe.ts";
export { attach, attachToProcess, openIterator } from "./links.ts";
export type { MapKind, MapSpec } from "./map-spec.ts";
export { BpfMap, indexKey } from "./maps.ts";
export { type LoadOptions, Program } from "./program.ts";
export { enableRunStatistics, type ProgramInfo, programInfoById } from "./program-info.ts";
export {
  formatAttach,
  formatInstruction,
  listing,
  type ProgramAttach,
  type ProgramSpec,
} from "./program-spec.ts";
export { type DrainResult, type OnRecord, RingBuffer } from "./ring-buffer.ts";
export { StackBuffer } from "./stack-buffer.ts";
export { StructMemory } from "./struct-memory.ts";
export type { TracingKind } from "./tracing-target.ts";
