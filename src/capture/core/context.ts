/** What the parts of a program that looks at an skb share while it is built. */
import {
  type AnyStruct,
  type Builder,
  castResult,
  type Expression,
  type KernelTypes,
  type Pointer,
  type Scalar,
} from "../../bpf/index.ts";
import type { Facts } from "./facts.ts";
import type { HeaderAccess, HeaderView } from "./header-reader.ts";
import type { SockPointer, skBuff } from "./kernel-structs.ts";

export interface PacketContext {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  /** How memory at skb->head is read. */
  readonly access: HeaderAccess;
  readonly skb: Pointer<typeof skBuff>;
  /** skb->sk, whatever kind of socket it is. */
  readonly owner: SockPointer;
  readonly facts: Facts;
  readonly ip: HeaderView;
  /** To be read where `facts.tcpReadable` is not 0. */
  readonly tcp: HeaderView;
}

/** A value that can be used: read by bpf_probe_read_kernel where it must be. */
export function loaded(b: Builder, value: Scalar, name: string): Scalar {
  return isProbe(value.expression) ? b.keep(value, name) : value;
}

function isProbe({ kind }: Expression): boolean {
  return kind === "probe";
}

/**
 * The same struct, as one that the verifier does not trust; to be used before the next call.
 *
 * A pointer that is loaded through one that it trusts costs it four searches by name in all of BTF
 * (btf_nested_type_is_trusted(), kernel/bpf/btf.c), on each path on which it meets the load. Through a cast one
 * it costs none, and all such pointers have one type: what follows is verified once.
 */
export function untrusted<S extends AnyStruct>(
  { b, kernel, access }: Pick<PacketContext, "b" | "kernel" | "access">,
  struct: S,
  address: Scalar,
): Pointer<S> {
  const cast = access === "direct" ? castResult(b, kernel, struct, address) : undefined;
  return cast ?? kernel.point(struct, address.expression, "direct");
}
