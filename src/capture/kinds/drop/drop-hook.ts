/**
 * Where the drop program is attached, and where it finds its arguments: on the tracepoint, or on TCP's own
 * function of old kernels.
 */
import type { KernelTypes, ProgramAttach } from "../../../bpf/index.ts";
import { findEnum, parameters } from "../../../btf/index.ts";
import { UnsupportedError } from "../../../errors.ts";
import { HOOK } from "../../core/record-head.ts";
import { kfreeSkbArguments } from "./tracepoint-arguments.ts";

/** Indexes are those of arguments. */
export interface DropHook {
  /** In records: one of HOOK. */
  readonly hook: number;
  readonly name: string;
  readonly attach: ProgramAttach;
  readonly skb: number;
  /** Undefined: the caller of the traced function, the first frame of the stack. */
  readonly location: number | undefined;
  readonly reason: number | undefined;
  /** The socket that the protocol had found. */
  readonly sk: number | undefined;
  /** Frames of the stack that belong to the probe. */
  readonly skipFrames: number;
}

/** 082116ffcb74: the first reason that tcp_data_queue() gave to tcp_drop_reason(). */
const FIRST_OF_TCP = "SKB_DROP_REASON_TCP_OLD_DATA";
export function kfreeSkbHook(kernel: KernelTypes): DropHook {
  const { rxSk, ...found } = kfreeSkbArguments(kernel);
  return {
    hook: HOOK.kfree_skb,
    name: "tcpdrop_kfree",
    attach: { kind: "tp_btf", tracepoint: "kfree_skb" },
    ...found,
    sk: rxSk,
    skipFrames: 0,
  };
}

/**
 * True where TCP drops what belongs to a connection by kfree_skb(), as all else: since Linux 5.18, as shown by
 * the reasons that came with it.
 */
export function tcpUsesTracepoint({ btf }: KernelTypes): boolean {
  return findEnum(btf, "skb_drop_reason")?.has(FIRST_OF_TCP) === true;
}

const TCP_DROP = "tcp_drop";

/** TCP needs a hook of its own, and the compiler left the function where it can be found. */
export function needsTcpDrop(kernel: KernelTypes): boolean {
  return !tcpUsesTracepoint(kernel) && kernel.btf.find(TCP_DROP, "func") !== undefined;
}

/**
 * tcp_drop(sk, skb) frees by __kfree_skb(), which has no tracepoint (net/ipv4/tcp_input.c of 5.10). `name` is
 * for tests, on kernels that have no tcp_drop: any function with such arguments.
 */
export function tcpDropHook(kernel: KernelTypes, name = TCP_DROP): DropHook {
  const func = kernel.btf.find(name, "func");
  if (func === undefined) throw new UnsupportedError(`This kernel's BTF has no function ${name}`, name);
  const names = parameters(kernel.btf, func.id).map((parameter) => parameter.name);
  const [sk, skb] = [names.indexOf("sk"), names.indexOf("skb")];
  if (sk < 0 || skb < 0)
    throw new UnsupportedError(`This kernel's ${name}() has other arguments than sk and skb`, name);
  return {
    hook: HOOK.tcp_drop,
    name: "tcpdrop_tcp_drop",
    attach: { kind: "fentry", function: name },
    skb,
    location: undefined,
    reason: undefined,
    sk,
    skipFrames: framesOfFentry(kernel),
  };
}

/**
 * The program, its trampoline, and the function itself; arm64 shows the program twice, with the address where
 * it asks for the stack (perf_arch_fetch_caller_regs(), arch/arm64/include/asm/perf_event.h, seen on 6.12).
 * Only its pt_regs has pstate.
 */
function framesOfFentry(kernel: KernelTypes): number {
  return kernel.has("pt_regs", "pstate") ? 4 : 3;
}
