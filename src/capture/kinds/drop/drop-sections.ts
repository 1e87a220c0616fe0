/** What a record of a drop is made of, as far as the request wants it. */
import type { KernelTypes } from "../../../bpf/index.ts";
import { asksOwner, type KernelFilter } from "../../core/filter-steps/index.ts";
import { KIND } from "../../core/record-head.ts";
import { type RecordLayout, recordLayout } from "../../core/record-layout.ts";
import type { AnySection } from "../../core/section.ts";
import { device } from "../../sections/device/device.ts";
import { flow } from "../../sections/flow/flow.ts";
import { owner } from "../../sections/owner/owner.ts";
import { packetSection } from "../../sections/packet/packet.ts";
import { segment } from "../../sections/segment/segment.ts";
import { site } from "../../sections/site/site.ts";
import { socket } from "../../sections/socket/socket.ts";
import { stackSection } from "../../sections/stack/stack.ts";
import { task } from "../../sections/task/task.ts";
import { transit } from "../../sections/transit/transit.ts";
import { tunnel } from "../../sections/tunnel/tunnel.ts";
import { verdict } from "../../sections/verdict/verdict.ts";
import type { DropContext } from "./context.ts";
import { kfreeSkbHook, tcpUsesTracepoint } from "./drop-hook.ts";
import type { ProbeRequest } from "./request.ts";

/** Something of the request needs what the socket says of its owner. */
function asksForOwner({ owners, ownerTotals, filter }: ProbeRequest): boolean {
  return owners === true || ownerTotals === true || filterAsksOwner(filter);
}

export function filterAsksOwner(filter: KernelFilter | undefined): boolean {
  if (filter === undefined) return false;
  return [filter.early, filter.late, filter.weak, ...filter.told].some(asksOwner);
}

export function dropLayout(kernel: KernelTypes, request: ProbeRequest): RecordLayout<DropContext> {
  const { filter, snaplen } = request;
  const hasReasons = kfreeSkbHook(kernel).reason !== undefined && tcpUsesTracepoint(kernel);
  const stack = stackSection(request, hasReasons);
  const sections: readonly (AnySection<DropContext> | undefined)[] = [
    // Those with words of 8 bytes first: less padding.
    site,
    flow,
    asksForOwner(request) ? owner : undefined,
    device,
    task,
    socket,
    segment,
    filter === undefined || filter.told.length === 0 ? undefined : verdict,
    stack,
    transit,
    tunnel,
    snaplen === undefined ? undefined : packetSection(snaplen),
  ];
  return recordLayout(
    KIND.drop,
    sections.filter(
      (section) => section !== undefined && section.available?.(kernel).kind !== "absent",
    ) as AnySection<DropContext>[],
  );
}
