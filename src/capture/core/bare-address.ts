/** Structs that lie at addresses of which the verifier knows no type. */
import {
  type Access,
  type AnyStruct,
  type Builder,
  castResult,
  type KernelTypes,
  type Pointer,
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

/** The same, in `slot` beyond the next call. */
export function keptStructAt<S extends AnyStruct>(
  reading: AddressReading,
  struct: S,
  address: Scalar,
  slot: Scalar,
): Pointer<S> {
  const { b, kernel } = reading;
  const typed = accessOf(reading) === "direct" ? castResult(b, kernel, struct, address) : undefined;
  b.set(slot, typed === undefined ? address : typed.address);
  return kernel.point(struct, slot.expression, typed === undefined ? "probe" : "direct");
}

/** The cast to a struct is there since Linux 6.2, and headers are loaded directly since 6.17. */
export function accessOf({ access, kernel }: AddressReading): Access {
  return access === "direct" && kernel.btf.find("bpf_rdonly_cast", "func") !== undefined ? "direct" : "probe";
}

const slots = new WeakMap<Builder, Map<string, Scalar>>();

/**
 * The slot that all who ask by this name use in turn, for the program's stack is small; what one left there is
 * gone with the next.
 */
export function scratch(b: Builder, name: string): Scalar {
  const known = slots.get(b) ?? new Map<string, Scalar>();
  slots.set(b, known);
  const slot = known.get(name) ?? b.variable(name);
  known.set(name, slot);
  return slot;
}
