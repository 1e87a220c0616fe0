/** The target of a tracing program, in the form that the kernel expects. */
import type { Btf, BtfType } from "../btf/index.ts";
import * as uapi from "../sys/uapi.gen.ts";

export type TracingKind = "tp_btf" | "fentry" | "fexit" | "iter";

interface Tracing {
  readonly attachType: number;
  /** How BTF describes the target: a prototype, or a function. */
  readonly type: "typedef" | "func";
  readonly prefix: string;
}

const TRACING: Readonly<Record<TracingKind, Tracing>> = {
  tp_btf: { attachType: uapi.BPF_TRACE_RAW_TP, type: "typedef", prefix: "btf_trace_" },
  fentry: { attachType: uapi.BPF_TRACE_FENTRY, type: "func", prefix: "" },
  fexit: { attachType: uapi.BPF_TRACE_FEXIT, type: "func", prefix: "" },
  iter: { attachType: uapi.BPF_TRACE_ITER, type: "func", prefix: "bpf_iter_" },
};

/** `expected_attach_type` of the kind. */
export function attachTypeOf(kind: TracingKind): number {
  return TRACING[kind].attachType;
}

export function isTracing(kind: string): kind is TracingKind {
  return kind in TRACING;
}

/** "typedef btf_trace_kfree_skb", and the type itself if this kernel's BTF has it. */
export function tracingTarget(
  btf: Btf,
  kind: TracingKind,
  name: string,
): { readonly what: string; readonly name: string; readonly found: BtfType | undefined } {
  const { type, prefix } = TRACING[kind];
  return {
    what: `${type} ${prefix}${name}`,
    name: `${prefix}${name}`,
    found: btf.find(`${prefix}${name}`, type),
  };
}
