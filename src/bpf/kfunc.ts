/** Functions of the kernel that programs call by their BTF id. */
import type { Builder } from "./builder.ts";
import type { Scalar } from "./expression.ts";
import type { AnyStruct, KernelTypes, Pointer } from "./kernel-struct.ts";

/**
 * What lies at an address that the verifier knows nothing of, as `struct`: fields are then loaded directly,
 * and are 0 where there is no memory. No call is left of it in what the kernel runs: bpf_rdonly_cast(),
 * kernel/bpf/helpers.c, since Linux 6.2. Undefined before. `slot` is a variable that keeps the pointer, where
 * it is to be one that others have used before.
 */
export function readOnlyCast<S extends AnyStruct>(
  b: Builder,
  kernel: KernelTypes,
  struct: S,
  address: Scalar,
  slot: Scalar = b.variable(struct.name),
): Pointer<S> | undefined {
  const cast = kernel.btf.find("bpf_rdonly_cast", "func");
  if (cast === undefined) return undefined;
  const result = b.call(
    { kfunc: cast.id },
    [address, kernel.idOf(struct.name)],
    `bpf_rdonly_cast ${struct.name}`,
  );
  b.set(slot, result);
  return kernel.point(struct, slot.expression, "direct");
}
