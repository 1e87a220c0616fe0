/** What this kernel can do, found by trying. */
import {
  type Answer,
  haveMap as tryMap,
  haveProgram as tryProgram,
  haveTracing as tryTracing,
} from "../bpf/features.ts";
import type { TracingKind } from "../bpf/tracing-target.ts";
import { type Btf, openKernelBtf } from "../btf/index.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { SyscallOptions } from "./options.ts";

export interface MapGeometry {
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/**
 * Whether a map of this type and geometry can be created.
 *
 * @example
 * ```ts
 * import { haveMap, uapi } from "tcpdrop/ebpf";
 *
 * const geometry = { keySize: 0, valueSize: 0, maxEntries: 1 << 16 };
 * console.log(haveMap(uapi.BPF_MAP_TYPE_RINGBUF, geometry).kind);
 * // prints: present
 * ```
 */
export function haveMap(
  mapType: number,
  geometry: MapGeometry,
  { sys = libcSyscalls }: SyscallOptions = {},
): Answer {
  return tryMap(sys, mapType, geometry);
}

export interface ProgramFeature {
  readonly progType: number;
  readonly expectedAttachType?: number | undefined;
  /** Of what the program is for, in the kernel's BTF. */
  readonly attachBtfId?: number | undefined;
}

/**
 * Whether a program that returns 0 loads with these types.
 *
 * @example
 * ```ts
 * import { haveProgram, uapi } from "tcpdrop/ebpf";
 *
 * console.log(haveProgram({ progType: uapi.BPF_PROG_TYPE_RAW_TRACEPOINT }).kind);
 * // prints: present
 * ```
 */
export function haveProgram(
  { progType, expectedAttachType = 0, attachBtfId = 0 }: ProgramFeature,
  { sys = libcSyscalls }: SyscallOptions = {},
): Answer {
  return tryProgram(sys, progType, expectedAttachType, attachBtfId);
}

export interface TracingOptions extends SyscallOptions {
  /** By default the running kernel's. */
  readonly btf?: Btf | undefined;
}

/**
 * Whether tp_btf, fentry, fexit or an iterator can be used on a name in the kernel's BTF.
 *
 * @example
 * ```ts
 * import { haveTracing } from "tcpdrop/ebpf";
 *
 * console.log(haveTracing("tp_btf", "kfree_skb").kind);
 * console.log(haveTracing("fentry", "no_such_function"));
 * // prints: present
 * // prints: { kind: 'absent', why: "the kernel's BTF has no no_such_function" }
 * ```
 */
export function haveTracing(kind: TracingKind, name: string, options: TracingOptions = {}): Answer {
  const { sys = libcSyscalls, btf = openKernelBtf() } = options;
  return tryTracing(sys, btf, kind, name);
}
