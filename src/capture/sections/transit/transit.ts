/** The device that a received skb was to leave by: in a tail, for most drops have none. */
import { type Builder, Scalar, type StructMemory } from "../../../bpf/index.ts";
import { struct, u16 } from "../../../bytes/struct.ts";
import type { Facts } from "../../core/facts.ts";
import type { Section } from "../../core/section.ts";
import { transitDevice } from "../../core/transit.ts";

export interface TransitEvent {
  readonly b: Builder;
  readonly facts: Facts;
  readonly transit: StructMemory<(typeof transitDevice)["fields"]>;
}

const transitLayout = struct("transit", 2, {
  /** Bytes of the tail: a transitDevice, or nothing. */
  transitBytes: u16(0),
});

export const transit: Section<TransitEvent, (typeof transitLayout)["fields"]> = {
  name: "transit",
  layout: transitLayout,
  tail: { mostBytes: transitDevice.size, lengthField: "transitBytes" },
  write: ({ b, facts, transit: found }, { memory, tail, endTail }) => {
    memory.set("transitBytes", 0);
    b.if(facts.get("transit").notZero(), () => {
      for (const half of [0, 8] as const)
        b.store(8, tail, half, found.getBytes("ifname", 8, half), `transit.ifname[${half}] =`);
      const { ifindex, mtu } = transitDevice.fields;
      b.store(4, tail, ifindex.offset, found.get("ifindex"), "transit.ifindex =");
      b.store(4, tail, mtu.offset, found.get("mtu"), "transit.mtu =");
      memory.set("transitBytes", transitDevice.size);
      endTail(Scalar.constant(transitDevice.size));
    });
  },
};
