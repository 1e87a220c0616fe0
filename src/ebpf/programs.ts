/** Loads and attaches programs on this machine. */
import {
  attachKprobe,
  attach as attachProgram,
  type BpfMap,
  enableRunStatistics as enableStatistics,
  Program,
  type ProgramInfo,
  type ProgramSpec,
  programInfoById as readInfo,
  openIterator as startIterator,
} from "../bpf/index.ts";
import { isTracing } from "../bpf/tracing-target.ts";
import { type Btf, openKernelBtf } from "../btf/index.ts";
import type { OwnedFd } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { SyscallOptions } from "./options.ts";

export interface LoadOptions extends SyscallOptions {
  /** The maps that the program names. */
  readonly maps?: readonly BpfMap[] | undefined;
  /** By default the running kernel's, which is read where the kind of program needs it. */
  readonly btf?: Btf | undefined;
  /** 0 requests the verifier's log only after a refusal; 1, 2 and 4 are the kernel's own levels. */
  readonly logLevel?: number | undefined;
}

/**
 * Loads a program: the kernel's verifier checks it, and nothing runs yet. Disposing unloads it, unless it is
 * attached. A refusal by the verifier is a VerifierError with the whole log.
 *
 * @example
 * ```ts
 * import { Builder, loadProgram } from "tcpdrop/ebpf";
 *
 * const nothing = new Builder().finish();
 * using program = loadProgram({
 *   name: "nothing",
 *   attach: { kind: "raw_tp", tracepoint: "sys_enter" },
 *   ...nothing,
 *   license: "MIT",
 * });
 * console.log(program.info().runCount);
 * // prints: 0n
 * ```
 */
export function loadProgram(spec: ProgramSpec, options: LoadOptions = {}): Program {
  const { sys = libcSyscalls, maps = [], btf, logLevel } = options;
  const types = btf ?? (isTracing(spec.attach.kind) ? openKernelBtf() : undefined);
  const bySpec = new Map(maps.map((map) => [map.spec, map]));
  return Program.load(sys, spec, types, bySpec, logLevel === undefined ? {} : { logLevel });
}

/**
 * Attaches a program to what its spec names; disposing the result detaches. Without rights, or where the
 * kernel has no such target, that is a TcpdropError; a program of a kind that is loaded only (xdp,
 * cgroup_skb) is a BuildError.
 *
 * @example
 * ```ts
 * import { attach, Builder, createMap, indexKey, loadProgram, struct, u64 } from "tcpdrop/ebpf";
 *
 * const counter = struct("counter", 8, { calls: u64(0) });
 * const calls = { name: "calls", kind: "percpu-array", keySize: 4, valueSize: 8, maxEntries: 1 } as const;
 *
 * const b = new Builder();
 * const value = b.keep(b.lookupIndex(calls, 0), "value");
 * b.if(value.notZero(), () => b.memory(counter, value).add("calls", 1));
 *
 * using map = createMap(calls);
 * using program = loadProgram(
 *   { name: "count", attach: { kind: "raw_tp", tracepoint: "sys_enter" }, ...b.finish(), license: "MIT" },
 *   { maps: [map] },
 * );
 * {
 *   using _link = attach(program);
 *   process.kill(process.pid, 0); // a system call
 * }
 * const perCpu = map.lookup(indexKey(0)) ?? [];
 * console.log(perCpu.some((cpu) => cpu.u64(0) > 0n));
 * // prints: true
 * ```
 */
export function attach(program: Program, { sys = libcSyscalls }: SyscallOptions = {}): OwnedFd {
  const { kind } = program.spec.attach;
  return kind === "kprobe" || kind === "kretprobe" ? attachKprobe(sys, program) : attachProgram(sys, program);
}

/**
 * One run of an iterator, a program of kind "iter" that is attached: reading the descriptor to its end walks
 * all objects in the network namespace of its opener.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { attach, Builder, loadProgram, openIterator } from "tcpdrop/ebpf";
 *
 * using program = loadProgram({
 *   name: "sockets",
 *   attach: { kind: "iter", target: "tcp" },
 *   ...new Builder().finish(),
 *   license: "MIT",
 * });
 * using link = attach(program);
 * using run = openIterator(link);
 * console.log(readFileSync(run.fd).byteLength); // the program writes nothing
 * // prints: 0
 * ```
 */
export function openIterator(link: OwnedFd, { sys = libcSyscalls }: SyscallOptions = {}): OwnedFd {
  return startIterator(sys, link);
}

/**
 * What the kernel counts for a program of any process. Needs CAP_SYS_ADMIN; a program that is gone is a
 * SyscallError with ENOENT.
 *
 * @example
 * ```ts
 * import { Builder, loadProgram, programInfoById } from "tcpdrop/ebpf";
 *
 * using program = loadProgram({
 *   name: "nothing",
 *   attach: { kind: "raw_tp", tracepoint: "sys_enter" },
 *   ...new Builder().finish(),
 *   license: "MIT",
 * });
 * console.log(programInfoById(program.info().id).recursionMisses);
 * // prints: 0n
 * ```
 */
export function programInfoById(id: number, { sys = libcSyscalls }: SyscallOptions = {}): ProgramInfo {
  return readInfo(sys, id);
}

/**
 * Makes the kernel measure the run time of every program of the machine until the result is disposed: each
 * run then reads the clock twice. Needs CAP_SYS_ADMIN.
 *
 * @example
 * ```ts
 * import { attach, Builder, enableRunStatistics, loadProgram } from "tcpdrop/ebpf";
 *
 * using program = loadProgram({
 *   name: "nothing",
 *   attach: { kind: "raw_tp", tracepoint: "sys_enter" },
 *   ...new Builder().finish(),
 *   license: "MIT",
 * });
 * using _statistics = enableRunStatistics();
 * using _link = attach(program);
 * process.kill(process.pid, 0); // a system call
 * console.log(program.info().runCount > 0n);
 * // prints: true
 * ```
 */
export function enableRunStatistics({ sys = libcSyscalls }: SyscallOptions = {}): OwnedFd {
  return enableStatistics(sys);
}
