/** The program on tp_btf/kfree_skb: from a freed skb to a record in the ring, or to a counter. */
import {
  all,
  Builder,
  type KernelTypes,
  type MapSpec,
  not,
  type ProgramSpec,
  type Scalar,
} from "../../../bpf/index.ts";

import { AF_UNSPEC } from "../../../sys/macros.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import type { DropContext } from "../../core/context.ts";
import { FilterSteps } from "../../core/filter-steps/index.ts";
import { readFromSocket } from "../../core/headless.ts";
import { kernelDevice, kernelSock, skBuff } from "../../core/kernel-structs.ts";
import {
  type Exits,
  findSegment,
  type HeaderAccess,
  HeaderReader,
  readTcpHeader,
} from "../../core/packet-walk.ts";
import {
  counters,
  DIRECTION,
  dropRecord,
  FIXED_BYTES,
  guard,
  MAX_FRAMES,
  MAX_PLACES,
  MAX_TOTALS,
  PRESENT,
  pace,
  perCpu,
  placeKey,
  totalKey,
  totalValue,
  walk,
} from "../../core/record.ts";
import { guardRecursion, kernelGuardsRecursion } from "../../core/recursion-guard.ts";
import { isPacketOrRaw, isReceiver, isTcp, type SockPointer } from "../../core/socket-choice.ts";
import { nameByIndex } from "../../sections/device/interface-name.ts";
import { fillInterface } from "../../sections/device/network-device.ts";
import { fillRecord, fillSocket, storeAddresses } from "../../sections/fill-record.ts";
import { fillStack } from "../../sections/stack/stack.ts";
import { type DropHook, kfreeSkbHook } from "./drop-hook.ts";
import { leaveHidden } from "./hidden.ts";
import { leaveLimited } from "./limits.ts";
import { markOwnMac } from "./own-mac.ts";
import type { ProbeRequest } from "./request.ts";
import { countTotal } from "./totals.ts";
import { countUnreadable } from "./unreadable.ts";

export interface ProbeMaps {
  readonly perCpu: MapSpec;
  readonly ring: MapSpec;
  /** Reasons and locations of which all is harmless; see hidden.ts. */
  readonly places: MapSpec;
  /** What was dropped where; see totals.ts. */
  readonly totals: MapSpec;
  /** How many were sent in this second; see limits.ts. */
  readonly pace: MapSpec;
}

export function probeMaps(ringBytes: number): ProbeMaps {
  return {
    perCpu: { name: "per_cpu", kind: "percpu-array", keySize: 4, valueSize: perCpu.size, maxEntries: 1 },
    ring: { name: "drops", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: ringBytes },
    places: {
      name: "harmless_places",
      kind: "hash",
      keySize: placeKey.size,
      valueSize: 4,
      maxEntries: MAX_PLACES,
    },
    totals: {
      name: "totals",
      kind: "percpu-hash",
      keySize: totalKey.size,
      valueSize: totalValue.size,
      maxEntries: MAX_TOTALS,
    },
    pace: { name: "pace", kind: "array", keySize: 4, valueSize: pace.size, maxEntries: 1 },
  };
}

export function dropProgram(
  kernel: KernelTypes,
  maps: ProbeMaps,
  request: ProbeRequest,
  headerAccess: HeaderAccess,
  at: DropHook = kfreeSkbHook(kernel),
): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const argument = (index: number, comment: string): Scalar => b.argument(context, index, comment);
  const skb = kernel.point(skBuff, b.pin(argument(at.skb, "skb"), "skb").expression, "direct");
  const exits: Exits = { notLinear: b.label("not_linear"), notHeader: b.label("not_header") };
  const reader = new HeaderReader(b, skb, headerAccess);
  const cpu = b.memory(perCpu, b.pin(b.lookupIndex(maps.perCpu, 0), "per_cpu"));
  b.leaveIf(cpu.address.isZero());
  if (!kernelGuardsRecursion(kernel)) guardRecursion(b, cpu.inside("guard", guard));
  const count = cpu.inside("counters", counters);
  // Loaded here, where the verifier is in one state: each pointer loaded through a trusted one costs it
  // searches by name in all of BTF.
  const owner = kernelSock(kernel, b.keep(skb.sk.address, "skb->sk"));
  const device = kernelDevice(kernel, b.keep(skb.dev.address, "skb->dev"));
  const packet = findSegment(b, skb, reader, cpu.inside("walk", walk), exits);
  const ports = readTcpHeader(b, skb, reader, packet, exits);
  readFromSocket(b, owner, packet, ports, exits);

  count.add("seen", 1);
  const c: DropContext = {
    b,
    kernel,
    skb,
    headerAccess,
    device,
    packet,
    ports,
    cpu,
    count,
    reason:
      at.reason === undefined ? undefined : b.keep(argument(at.reason, "reason").and(0xffff_ffffn), "reason"),
    location: at.location === undefined ? callerOf(b, context, at) : argument(at.location, "location"),
    receivedOn: skb.skb_iif,
    record: cpu.inside("record", dropRecord),
  };
  const filter = new FilterSteps(c, request.filter, () => storeAddresses(c, owner));
  filter.early();
  c.record.set("present", c.reason === undefined ? 0 : PRESENT.reason);
  c.record.set("netnsInum", 0);
  packet.walk.set("net", 0);
  chooseSocket(
    c,
    owner,
    at.sk === undefined ? undefined : kernelSock(kernel, b.keep(argument(at.sk, "rx_sk"), "rx_sk")),
  );
  fillInterface(c, owner);
  leaveFiltered(c, request);
  if (filter.asksInterface) nameByIndex(c);
  filter.late();
  const total = countTotal(c, maps.totals);
  markOwnMac(c, request);
  leaveHidden(c, total, maps.places, request);
  leaveLimited(c, maps.pace, request);
  // The verifier refuses what cannot be reached.
  if (request.rows) {
    if (!filter.asksInterface) nameByIndex(c);
    filter.tell();
    fillRecord(c);
    filter.demandAddresses();
    fillStack(c, context, total, request, at.skipFrames);
    send(c, maps.ring);
  }
  countUnreadable(c, owner, exits, request);
  return { name: at.name, attach: at.attach, ...b.finish(), license: "Dual MIT/GPL" };
}

/** The first frame of the stack behind the probe's own; 0 where it cannot be walked. */
function callerOf(b: Builder, context: Scalar, { skipFrames }: DropHook): Scalar {
  const frame = b.buffer(8);
  b.store(8, frame.address, 0, 0, "caller = 0");
  b.call(uapi.BPF_FUNC_get_stack, [context, frame.address, 8, skipFrames], "get_stack");
  return frame.load(8, 0);
}

/**
 * Direction, the socket to believe, and whether this is a tap's copy; see socket.ts and
 * docs/adr/0003-what-is-a-drop.md.
 */
function chooseSocket(c: DropContext, owner: SockPointer, rxSk: SockPointer | undefined): void {
  const { b, kernel, record, receivedOn } = c;
  const chosen = b.label("socket_chosen");
  const without = b.label("no_socket");
  const believed = b.variable("believed socket");
  c.packet.walk.set("copy", 0);
  record.set("direction", DIRECTION.unknown);
  b.if(receivedOn.notZero(), () => record.set("direction", DIRECTION.rx));
  if (rxSk !== undefined) {
    const noRxSk = b.label("no_rx_sk");
    b.jumpIf(rxSk.address.isZero(), noRxSk);
    b.if(isTcp(rxSk), () => {
      b.set(believed, rxSk.address);
      b.jump(chosen);
    });
    // A UDP socket may be the end of a tunnel, and what it drops is lost to TCP.
    b.if(isPacketOrRaw(rxSk), () => c.packet.walk.set("copy", 1));
    b.jump(without);
    b.place(noRxSk);
  }
  b.jumpIf(owner.address.isZero(), without);
  // What a program writes into a tun device belongs to that device's own socket, of no family:
  // drivers/net/tun.c, tun_chr_open().
  b.if(all(receivedOn.isZero(), owner.__sk_common.skc_family.ne(AF_UNSPEC)), () =>
    record.set("direction", DIRECTION.tx),
  );
  b.jumpIf(not(isTcp(owner)), without);
  b.jumpIf(all(receivedOn.notZero(), not(isReceiver(owner, c.ports, c.packet))), without);
  b.set(believed, owner.address);
  b.place(chosen);
  fillSocket(c, kernelSock(kernel, believed));
  b.place(without);
}

function leaveFiltered({ b, packet, record, count }: DropContext, request: ProbeRequest): void {
  const filteredOut = (): void => {
    count.add("filtered", 1);
    b.leave();
  };
  if (request.family !== undefined) b.if(packet.walk.get("version").ne(request.family), filteredOut);
  if (request.netns !== undefined)
    b.if(all(...request.netns.map((inode) => record.get("netnsInum").ne(inode))), filteredOut);
}

/**
 * Bits of a stack's length in bytes: 8 for each of at most 127 frames. Old verifiers believe a mask where
 * they forget a comparison.
 */
const STACK_BYTES_MASK = 8 * MAX_FRAMES;

/** Sends as many bytes as were filled. */
function send({ b, record, count }: DropContext, ring: MapSpec): void {
  const length = record.get("stackBytes").and(STACK_BYTES_MASK).add(FIXED_BYTES);
  const result = b.call(
    uapi.BPF_FUNC_ringbuf_output,
    [ring, record.addressOf("ktimeNs"), length, 0],
    "ringbuf_output",
  );
  b.if(result.isNegative(), () => {
    count.add("lost", 1);
    b.leave();
  });
  count.add("sent", 1);
  b.leave();
}
