/** What the parts of a program that looks at an skb share while it is built. */
import type { Builder, Expression, KernelTypes, Pointer, Scalar } from "../../bpf/index.ts";
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
