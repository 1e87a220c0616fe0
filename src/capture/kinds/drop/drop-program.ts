/**
 * The program on tp_btf/kfree_skb: from a freed skb to a record in the ring, or to a counter. Each step finds
 * facts about the skb (core/facts.ts), or leaves; what stays to the end becomes a record of sections.
 */
import {
  all,
  Builder,
  type KernelTypes,
  type MapSpec,
  type ProgramSpec,
  type Scalar,
} from "../../../bpf/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { untrusted } from "../../core/context.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { facts } from "../../core/facts.ts";
import { FilterSteps } from "../../core/filter-steps/index.ts";
import { type HeaderAccess, HeaderReader } from "../../core/header-reader.ts";
import { readFromSocket } from "../../core/headless.ts";
import { kernelDevice, kernelSock, skBuff } from "../../core/kernel-structs.ts";
import { locateNamespace } from "../../core/namespace.ts";
import { type Exits, PacketWalk } from "../../core/packet-walk.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { RecordWriter } from "../../core/record-writer.ts";
import { guard, guardRecursion, kernelGuardsRecursion } from "../../core/recursion-guard.ts";
import { chooseSocket, decideDirection } from "../../core/socket-choice.ts";
import { findTransit, transitDevice } from "../../core/transit.ts";
import { device } from "../../sections/device/device.ts";
import { flow } from "../../sections/flow/flow.ts";
import { owner } from "../../sections/owner/owner.ts";
import { socket } from "../../sections/socket/socket.ts";
import { STACK } from "../../sections/stack/stack.ts";
import type { DropContext } from "./context.ts";
import { markCopies } from "./copies.ts";
import { counters, cpuMemory, type DropMaps, dropMaps } from "./cpu-memory.ts";
import { type DropHook, kfreeSkbHook } from "./drop-hook.ts";
import { dropLayout } from "./drop-sections.ts";
import { leaveHidden } from "./hidden.ts";
import { leaveLimited } from "./limits.ts";
import { markOwnMac } from "./own-mac.ts";
import { ANSWERS_MAP } from "./owner-answers.ts";
import { ownerAsked, ownerEvent } from "./owner-event.ts";
import { countOwner, OWNERS_MAP } from "./owner-totals.ts";
import type { ProbeRequest } from "./request.ts";
import { countSite, takeStack, totalAt } from "./sites.ts";
import { markSocketHints } from "./socket-hints.ts";
import { countUnreadable } from "./unreadable.ts";

/** The drop program as one request wants it, for one kernel: its records, its maps, and itself for each hook. */
export interface DropDesign {
  readonly layout: RecordLayout<DropContext>;
  readonly maps: DropMaps;
  /** On the tracepoint kfree_skb, unless another hook is given. */
  readonly program: (access: HeaderAccess, hook?: DropHook) => ProgramSpec;
}

export function dropDesign(kernel: KernelTypes, request: ProbeRequest, ring: MapSpec): DropDesign {
  const layout = dropLayout(kernel, request);
  const counted = request.ownerTotals === true && layout.slotOf(owner) !== undefined;
  const answered = request.answersBy !== undefined && (request.filter?.answers.length ?? 0) > 0;
  const maps = {
    ...dropMaps(ring, layout),
    ...(counted ? { owners: OWNERS_MAP } : {}),
    ...(answered ? { answers: ANSWERS_MAP } : {}),
  };
  return {
    layout,
    maps,
    program: (access, hook = kfreeSkbHook(kernel)) =>
      dropProgram({ kernel, layout, maps, access, hook }, request),
  };
}

interface Parts {
  readonly kernel: KernelTypes;
  readonly layout: RecordLayout<DropContext>;
  readonly maps: DropMaps;
  readonly access: HeaderAccess;
  readonly hook: DropHook;
}

function dropProgram(parts: Parts, request: ProbeRequest): ProgramSpec {
  const { layout, maps, hook } = parts;
  const b = new Builder();
  const exits: Exits = { notLinear: b.label("not_linear"), notHeader: b.label("not_header") };
  const entry = b.variable("site total");
  const { drop, walk, filter } = look(b, parts, request, exits, entry);
  /** For people who read the program. */
  const step = (name: string): void => b.bind(b.label(`step_${name}`));
  step("find_segment");
  walk.findSegment();
  walk.readTcpHeader();
  readFromSocket(drop, exits);
  drop.count.add("seen", 1);
  decideDirection(drop);
  filter.early();
  step("choose_socket");
  chooseSocket(drop);
  markCopies(drop, request);
  // While a register or slot may be one of several kinds of pointers, the verifier follows the program once
  // for each: what needs the socket, and later the site's total, is written first.
  if (request.rows) {
    markSocketHints(drop, request);
    drop.record.demand(socket, drop);
  }
  if (layout.slotOf(owner) !== undefined && drop.socketAccess === "cast")
    drop.cpu.set("believed", drop.believed);
  step("locate_namespace");
  locateNamespace(drop);
  step("find_transit");
  findTransit(drop);
  leaveFiltered(drop, request);
  filter.late();
  if (maps.owners !== undefined) {
    step("count_owner");
    countOwner(drop, maps.owners);
  }
  step("count_site");
  drop.record.begin(hook.hook, eventClockNs(b));
  countSite(drop, entry, maps.sites);
  step("hide");
  markOwnMac(drop, request);
  leaveHidden(drop, maps.harmless, request);
  step("limit");
  leaveLimited(drop, maps.pace, request);
  // The verifier refuses what cannot be reached.
  if (request.rows) {
    drop.record.demandIfAny(STACK, drop);
    drop.record.complete(drop);
    step("send");
    send(drop, maps.ring);
  }
  step("unreadable");
  countUnreadable(drop, exits, request);
  return { name: hook.name, attach: hook.attach, ...b.finish(), license: "Dual MIT/GPL" };
}

/** Finds this CPU's memory, and puts together what the steps share. */
function look(
  b: Builder,
  { kernel, layout, maps, access, hook }: Parts,
  request: ProbeRequest,
  exits: Exits,
  entry: Scalar,
): { drop: DropContext; walk: PacketWalk; filter: FilterSteps } {
  const context = b.pin(b.context, "context");
  const argument = (index: number, comment: string): Scalar => b.argument(context, index, comment);
  const skb = kernel.point(skBuff, b.pin(argument(hook.skb, "skb"), "skb").expression, "direct");
  const cpu = b.memory(cpuMemory, b.pin(b.lookupIndex(maps.perCpu, 0), "per_cpu"));
  b.leaveIf(cpu.address.isZero());
  if (!kernelGuardsRecursion(kernel)) guardRecursion(b, cpu.inside("guard", guard));
  const found = cpu.inside("facts", facts);
  found.clear();
  const walk = new PacketWalk(b, skb, found, new HeaderReader(b, skb, access), exits);
  const believed = b.variable("believed socket");
  const record = new RecordWriter(b, layout, { address: cpu.address, offset: cpuMemory.size });
  const count = cpu.inside("counters", counters);
  const cast = untrusted({ b, kernel, access }, skBuff, skb.address);
  const drop: DropContext = {
    b,
    kernel,
    access,
    context,
    skipFrames: hook.skipFrames,
    skb,
    facts: found,
    ip: walk.ip,
    tcp: walk.tcp,
    owner: kernelSock(kernel, b.keep(cast.sk.address, "skb->sk")),
    device: kernelDevice(kernel, b.keep(cast.dev.address, "skb->dev")),
    reason:
      hook.reason === undefined
        ? undefined
        : b.keep(argument(hook.reason, "reason").and(0xffff_ffffn), "reason"),
    location: hook.location === undefined ? callerOf(b, context, hook) : argument(hook.location, "location"),
    receivedOn: skb.skb_iif,
    transit: cpu.inside("transit", transitDevice),
    rxSk: hook.sk === undefined ? undefined : kernelSock(kernel, b.keep(argument(hook.sk, "rx_sk"), "rx_sk")),
    believed,
    socket: kernelSock(kernel, believed),
    hasSocket: believed.notZero(),
    ...ownerEvent(kernel, layout, request, cpu, () => drop),
    cpu,
    count,
    record,
    total: totalAt(b, entry),
    nowNs: record.head.get("ktimeNs"),
    countFiltered: () => count.add("filtered", 1),
    takeStack: (perSecond, omit) => takeStack(drop, perSecond, omit),
    writeVerdict: (memory) => filter.writeVerdict(memory),
    asked: {
      addresses: () => record.demand(flow, drop),
      state: () => record.demand(socket, drop).get("state"),
      interface: () => record.demand(device, drop),
      transit: () => drop.transit,
      ...ownerAsked(() => drop, maps.answers, request),
    },
  };
  const filter = new FilterSteps(drop, request.filter);
  return { drop, walk, filter };
}

/** The first frame of the stack behind the probe's own; 0 where it cannot be walked. */
function callerOf(b: Builder, context: Scalar, { skipFrames }: DropHook): Scalar {
  const frame = b.buffer(8);
  b.store(8, frame.address, 0, 0, "caller = 0");
  b.call(uapi.BPF_FUNC_get_stack, [context, frame.address, 8, skipFrames], "get_stack");
  return frame.load(8, 0);
}

function leaveFiltered({ b, facts: found, countFiltered }: DropContext, request: ProbeRequest): void {
  const filteredOut = (): void => {
    countFiltered();
    b.leave();
  };
  if (request.family !== undefined) b.if(found.get("version").ne(request.family), filteredOut);
  if (request.netns !== undefined)
    b.if(all(...request.netns.map((inode) => found.get("netnsInum").ne(inode))), filteredOut);
}

function send({ b, record, count }: DropContext, ring: MapSpec): void {
  b.if(record.send(ring).isNegative(), () => {
    count.add("lost", 1);
    b.leave();
  });
  count.add("sent", 1);
  b.leave();
}
