/** What the parts of the drop program share while it is built. */
import type { Builder, KernelTypes, Pointer, Scalar, StructMemory } from "../../bpf/index.ts";
import type { netDevice, skBuff } from "./kernel-structs.ts";
import type { HeaderAccess, IpPacket, Ports } from "./packet-walk.ts";
import type { counters, dropRecord, perCpu } from "./record.ts";

export interface DropContext {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  readonly skb: Pointer<typeof skBuff>;
  /** How memory at skb->head is read. */
  readonly headerAccess: HeaderAccess;
  /** skb->dev; null, or not a device at all, once the skb is in TCP's hands. */
  readonly device: Pointer<typeof netDevice>;
  readonly packet: IpPacket;
  readonly ports: Ports;
  /** undefined where the kernel's tracepoint tells none. */
  readonly reason: Scalar | undefined;
  readonly location: Scalar;
  /** skb_iif: not 0 if the skb came from a device. */
  readonly receivedOn: Scalar;
  readonly cpu: StructMemory<(typeof perCpu)["fields"]>;
  readonly count: StructMemory<(typeof counters)["fields"]>;
  readonly record: StructMemory<(typeof dropRecord)["fields"]>;
}

/** Sets bits of record.present. */
export function markPresent({ record }: DropContext, bits: number): void {
  record.set("present", record.get("present").or(bits));
}
