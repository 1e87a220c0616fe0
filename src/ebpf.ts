/**
 * The eBPF layer by itself, `tcpdrop/ebpf`: BTF, an assembler and builder, maps, programs, links, the ring
 * buffer. Nothing of TCP.
 */

export type { Answer } from "./bpf/features.ts";
export {
  type Access,
  type AluOp,
  type AnyStruct,
  type ArraySpec,
  Assembler,
  all,
  any,
  array,
  type BpfMap,
  Builder,
  type Bytes,
  type Callee,
  type Condition,
  type DrainResult,
  type EmbeddedSpec,
  type Expression,
  embedded,
  encodeInstructions,
  type FieldSpec,
  type FieldSpecs,
  type FieldValue,
  formatAttach,
  formatInstruction,
  type Instruction,
  indexKey,
  type JumpOp,
  type KernelStruct,
  KernelTypes,
  kernelStruct,
  Label,
  listing,
  type MapKind,
  type MapSpec,
  not,
  type Operand,
  type OptionalSpec,
  optional,
  type Pointer,
  type PointerSpec,
  type Program,
  type ProgramAttach,
  type ProgramInfo,
  type ProgramSpec,
  pointer,
  type Register,
  readOnlyCast,
  registerArgument,
  Scalar,
  type ScalarSpec,
  type Size,
  type StackBuffer,
  type StructMemory,
  scalar,
  type TracingKind,
} from "./bpf/index.ts";
export {
  arrayLength,
  Btf,
  type BtfId,
  type BtfType,
  enumBigints,
  enumValues,
  findEnum,
  findMember,
  flattened,
  isSigned,
  type Kind,
  type Member,
  members,
  openKernelBtf,
  openModuleBtf,
  type Parameter,
  parameters,
  pointee,
  resolve,
  returnType,
  sizeOf,
} from "./btf/index.ts";
export { ByteReader } from "./bytes/byte-reader.ts";
export * from "./bytes/struct.ts";
export * from "./ebpf/features.ts";
export * from "./ebpf/maps.ts";
export type { SyscallOptions } from "./ebpf/options.ts";
export * from "./ebpf/programs.ts";
export { type RecordOptions, RingBuffer } from "./ebpf/ring-buffer.ts";
export {
  BuildError,
  DecodeError,
  type ErrorCode,
  type ErrorDetails,
  PermissionError,
  SyscallError,
  TcpdropError,
  UnsupportedError,
  UsageError,
  VerifierError,
} from "./errors.ts";
export { possibleCpus } from "./host/cpus.ts";
export { type OwnedFd, openDescriptors } from "./sys/fd.ts";
export { libcSyscalls } from "./sys/libc.ts";
export { openMappings } from "./sys/mapping.ts";
export { Scope } from "./sys/scope.ts";
export type { Fd, PollResult, Syscalls, Watch } from "./sys/syscalls.ts";
/**
 * Constants and structs of the kernel's interface, made from its BTF.
 *
 * @example
 * ```ts
 * import { uapi } from "tcpdrop/ebpf";
 *
 * console.log(uapi.BPF_FUNC_map_lookup_elem, uapi.bpfProgInfo.name);
 * // prints: 1 bpf_prog_info
 * ```
 */
export * as uapi from "./sys/uapi.gen.ts";
