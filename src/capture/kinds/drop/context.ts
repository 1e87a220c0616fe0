/** What the parts of the drop program share while it is built. */
import type { Condition, Pointer, Scalar, StructMemory } from "../../../bpf/index.ts";
import type { FilterContext } from "../../core/filter-steps/index.ts";
import type { netDevice, SockPointer } from "../../core/kernel-structs.ts";
import type { RecordWriter } from "../../core/record-writer.ts";
import type { TransitContext } from "../../core/transit.ts";
import type { OwnerEvent } from "../../sections/owner/owner.ts";
import type { SocketEvent } from "../../sections/socket/socket.ts";
import type { StackEvent } from "../../sections/stack/stack.ts";
import type { VerdictEvent } from "../../sections/verdict/verdict.ts";
import type { counters, cpuMemory, siteTotal } from "./cpu-memory.ts";

export type TotalMemory = StructMemory<(typeof siteTotal)["fields"]>;

export interface DropContext
  extends TransitContext,
    FilterContext,
    OwnerEvent,
    SocketEvent,
    StackEvent,
    VerdictEvent {
  readonly device: Pointer<typeof netDevice>;
  readonly location: Scalar;
  /** The believed socket, where there is one. */
  readonly socket: SockPointer;
  readonly hasSocket: Condition;
  readonly cpu: StructMemory<(typeof cpuMemory)["fields"]>;
  readonly count: StructMemory<(typeof counters)["fields"]>;
  readonly record: RecordWriter<DropContext>;
  /** This CPU's total of the drop's site, once it is counted (sites.ts). */
  readonly total: TotalMemory;
  /** CLOCK_BOOTTIME, once the record has begun. */
  readonly nowNs: Scalar;
}
