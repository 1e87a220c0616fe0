/**
 * The eBPF layer by itself, `tcpdrop/ebpf`: BTF, an assembler and builder, maps, programs, links, the ring
 * buffer. Nothing of TCP.
 */

export * from "./bpf/features.ts";
export * from "./bpf/index.ts";
export * from "./btf/index.ts";
export { possibleCpus } from "./host/cpus.ts";
export { OwnedFd, openDescriptors } from "./sys/fd.ts";
export { libcSyscalls } from "./sys/libc.ts";
export { openMappings } from "./sys/mapping.ts";
export { Scope } from "./sys/scope.ts";
export type { Syscalls, Watch } from "./sys/syscalls.ts";
export * as uapi from "./sys/uapi.gen.ts";
