/** Which argument of a tracepoint has a name: kernels add some, and move others. */
import type { KernelTypes } from "../../bpf/index.ts";
import { parameters } from "../../btf/index.ts";
import { UnsupportedError } from "../../errors.ts";

export function argumentIndex({ btf }: KernelTypes, tracepoint: string, name: string): number {
  const func = btf.find(`__bpf_trace_${tracepoint}`, "func") ?? btf.find(`__traceiter_${tracepoint}`, "func");
  // The first parameter is the tracepoint's own data, which programs do not see.
  const index = parameters(btf, func?.id ?? 0)
    .slice(1)
    .findIndex((parameter) => parameter.name === name);
  if (index < 0)
    throw new UnsupportedError(
      `The tracepoint ${tracepoint} of this kernel has no argument ${name}`,
      `tp_btf/${tracepoint}`,
    );
  return index;
}
