/** Structs that lie at addresses of which the verifier knows no type. */
import {
  type Access,
  type AnyStruct,
  type Builder,
  castResult,
  type KernelTypes,
  type Pointer,
  readOnlyCast,
  type Scalar,
} from "../../bpf/index.ts";
import type { HeaderAccess } from "./header-reader.ts";

export interface AddressReading {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  readonly access: HeaderAccess;
}

/**
 * What lies at a bare address: loaded directly where the kernel allows that, before the next call; else `slot`
 * keeps the address.
 */
export function structAt<S extends AnyStruct>(
  reading: AddressReading,
  struct: S,
  address: Scalar,
  slot: Scalar,
): Pointer<S> {
  const { b, kernel } = reading;
  const typed = accessOf(reading) === "direct" ? castResult(b, kernel, struct, address) : undefined;
  if (typed !== undefined) return typed;
  b.set(slot, address);
  return kernel.point(struct, slot.expression, "probe");
}

/** The same, kept on the stack beyond the next call. */
export function keptStructAt<S extends AnyStruct>(
  reading: AddressReading,
  struct: S,
  address: Scalar,
): Pointer<S> {
  const { b, kernel } = reading;
  const typed = accessOf(reading) === "direct" ? readOnlyCast(b, kernel, struct, address) : undefined;
  return typed ?? kernel.point(struct, b.keep(address, struct.name).expression, "probe");
}

/** The cast to a struct is there since Linux 6.2, and headers are loaded directly since 6.17. */
export function accessOf({ access, kernel }: AddressReading): Access {
  return access === "direct" && kernel.btf.find("bpf_rdonly_cast", "func") !== undefined ? "direct" : "probe";
}
