/** Kernel functions that programs call by their BTF id. */
import type { Builder } from "./builder.ts";
import type { Scalar } from "./expression.ts";
import type { AnyStruct, KernelTypes, Pointer } from "./kernel-struct.ts";

/**
 * Casts an address that the verifier knows nothing about to `struct`: its fields can then be loaded directly,
 * and read as 0 where no memory is mapped. The verifier removes the call: bpf_rdonly_cast(),
 * kernel/bpf/helpers.c, since Linux 6.2. Undefined on older kernels.
 *
 * @example
 * ```ts
 * import { Builder, KernelTypes, kernelStruct, openKernelBtf, readOnlyCast, scalar } from "tcpdrop/ebpf";
 *
 * const task = kernelStruct("task_struct", { tgid: scalar });
 * const b = new Builder();
 * const address = b.loadFrom(8, b.context, 0, "address");
 * const cast = readOnlyCast(b, new KernelTypes(openKernelBtf()), task, address);
 * console.log(cast?.tgid.bits);
 * // prints: 32
 * ```
 */
export function readOnlyCast<S extends AnyStruct>(
  b: Builder,
  kernel: KernelTypes,
  struct: S,
  address: Scalar,
): Pointer<S> | undefined {
  const result = castResult(b, kernel, struct, address);
  if (result === undefined) return undefined;
  return kernel.point(struct, b.keep(result.address, struct.name).expression, "direct");
}

/** The same, in the result of a call: gone with the next one. */
export function castResult<S extends AnyStruct>(
  b: Builder,
  kernel: KernelTypes,
  struct: S,
  address: Scalar,
): Pointer<S> | undefined {
  const cast = kernel.btf.find("bpf_rdonly_cast", "func");
  if (cast === undefined) return undefined;
  const result = b.call(
    { kfunc: cast.id },
    [address, kernel.idOf(struct.name)],
    `bpf_rdonly_cast ${struct.name}`,
  );
  return kernel.point(struct, result.expression, "direct");
}
