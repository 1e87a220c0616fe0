/**
 * Each SYN that a listening socket refuses, at the exit of tcp_conn_request(), on kernels that allow probes of
 * functions. Its note says that nobody answered it: syn-note.ts.
 *
 * Not seen: SYNs to a broadcast address, and those that fail after a TCP Fast Open SYN-ACK was sent;
 * ListenDrops counts them.
 */
import {
  all,
  Builder,
  embedded,
  type KernelTypes,
  kernelStruct,
  type MapSpec,
  not,
  optional,
  type Pointer,
  type ProgramSpec,
  Scalar,
  scalar,
} from "../../../bpf/index.ts";
import { bytes, struct, u64 } from "../../../bytes/struct.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { DIRECTION, type Facts, facts } from "../../core/facts.ts";
import { listenSock, net, skBuff, sock, sockCommon } from "../../core/kernel-structs.ts";
import { IPV4_BYTES, IPV6_BYTES } from "../../core/packet-walk.ts";
import { HOOK, KIND } from "../../core/record-head.ts";
import { type RecordLayout, recordLayout } from "../../core/record-layout.ts";
import { RecordWriter, recordRoom } from "../../core/record-writer.ts";
import { type DeviceEvent, device } from "../../sections/device/device.ts";
import { type FlowEvent, flow } from "../../sections/flow/flow.ts";
import { LISTENER, type ListenerEvent, listenerSection } from "../../sections/listener/listener.ts";
import { type OwnerEvent, owner } from "../../sections/owner/owner.ts";
import { type SiteEvent, site } from "../../sections/site/site.ts";
import { type SocketEvent, socket } from "../../sections/socket/socket.ts";
import type { ProbeRequest } from "../drop/request.ts";
import { type FunctionProbe, synNote, synNotes, TRACED, tracedArgument } from "./syn-note.ts";

const EXIT = { fentry: "fexit", kprobe: "kretprobe" } as const;

/** A site's reason: why, in the order of REFUSED_CAUSES. */
const REFUSED_CAUSE = { acceptQueueFull: 0, synQueueFull: 1, listenDrop: 2 } as const;

const FACTS_AT = 32;
/** One CPU's memory; the record that is being written follows it. */
export const refusedCpu = struct("refused_cpu", FACTS_AT + facts.size, {
  /** Refused by cause, whatever became of the records. */
  acceptQueueFull: u64(0),
  synQueueFull: u64(8),
  listenDrop: u64(16),
  /** Records that the ring buffer had no room for. */
  lost: u64(24),
  facts: bytes(FACTS_AT, facts.size),
});

export type RefusedRequest = Pick<ProbeRequest, "family" | "netns" | "owners">;
export type RefusedEvent = SiteEvent & FlowEvent & SocketEvent & DeviceEvent & OwnerEvent & ListenerEvent;

/** The programs on refused SYNs as one request wants them, by one kind of probe. */
export interface RefusedDesign {
  readonly layout: RecordLayout<RefusedEvent>;
  readonly perCpu: MapSpec;
  readonly program: () => ProgramSpec;
}

export function refusedDesign(
  kernel: KernelTypes,
  request: RefusedRequest,
  probe: FunctionProbe,
  ring: MapSpec,
): RefusedDesign {
  const listener = listenerSection(synNotes(probe));
  const owners = request.owners === true && owner.available?.(kernel).kind !== "absent" ? [owner] : [];
  const layout = recordLayout<RefusedEvent>(KIND.refused, [site, flow, ...owners, socket, device, listener]);
  const perCpu: MapSpec = {
    name: "refused_cpu",
    kind: "percpu-array",
    keySize: 4,
    valueSize: refusedCpu.size + recordRoom(layout),
    maxEntries: 1,
  };
  return { layout, perCpu, program: () => refusedProgram(kernel, request, probe, { layout, perCpu, ring }) };
}

interface Parts {
  readonly layout: RecordLayout<RefusedEvent>;
  readonly perCpu: MapSpec;
  readonly ring: MapSpec;
}

function refusedProgram(
  kernel: KernelTypes,
  request: RefusedRequest,
  probe: FunctionProbe,
  { layout, perCpu, ring }: Parts,
): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const cpu = b.memory(refusedCpu, b.pin(b.lookupIndex(perCpu, 0), "refused_cpu"));
  b.leaveIf(cpu.address.isZero());
  const record = new RecordWriter(b, layout, { address: cpu.address, offset: refusedCpu.size });
  const absent = b.label("not_refused");
  // Only fexit has the function's arguments.
  const traced = probe === "fentry" ? tracedArgument(b, kernel, context, probe, "skb") : undefined;
  const note = record.noteOf(LISTENER, synNote).read(traced, absent);
  const skb = kernel.point(skBuff, note.skb.expression, "probe");
  const sk = b.pin(note.body.get("sk"), "sk");
  const found = cpu.inside("facts", facts);
  found.clear();
  const event = lookAtSyn(b, kernel, skb, sk, found, layout.slotOf(owner) !== undefined);
  if (request.netns !== undefined)
    b.leaveIf(all(...request.netns.map((inode) => found.get("netnsInum").ne(inode))));
  if (request.family !== undefined) b.leaveIf(found.get("version").ne(request.family));
  record.begin(HOOK.tcp_conn_request, eventClockNs(b));
  record.complete(event);
  b.if(record.send(ring).isNegative(), () => cpu.add("lost", 1));
  // After the record: who reads the counts and then the ring finds every record that was counted.
  for (const [cause, code] of Object.entries(REFUSED_CAUSE))
    b.if(event.reason.eq(code), () => cpu.add(cause as keyof typeof REFUSED_CAUSE, 1));
  b.bind(absent);
  return {
    name: "tcpdrop_refused",
    attach: { kind: EXIT[probe], function: TRACED },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

/** All that the sections of its record want to know. */
function lookAtSyn(
  b: Builder,
  kernel: KernelTypes,
  skb: Pointer<typeof skBuff>,
  sk: Scalar,
  found: Facts,
  hasOwner: boolean,
): RefusedEvent & { readonly reason: Scalar } {
  const listener = kernel.point(sock, sk.expression, "probe");
  const network = b.keep(listener.__sk_common.skc_net.net.address, "net");
  const { ns, net_cookie } = kernel.point(net, network.expression, "probe");
  found.set("netnsInum", b.keep(ns.inum, "netns"));
  const netnsCookie =
    hasOwner && net_cookie !== undefined ? b.keep(net_cookie.load(8, 0), "net_cookie") : Scalar.constant(0);
  const { sk_ack_backlog, sk_max_ack_backlog } = kernel.point(listenSock, sk.expression, "probe");
  const ackBacklog = b.keep(sk_ack_backlog, "sk_ack_backlog");
  const maxAckBacklog = b.keep(sk_max_ack_backlog, "sk_max_ack_backlog");
  const headers = readHeaders(b, skb, found);
  return {
    b,
    kernel,
    access: "probe",
    skb,
    facts: found,
    ...headers,
    owner: undefined,
    isLocal: true,
    location: Scalar.constant(0),
    reason: causeOf(b, kernel, sk, { ackBacklog, maxAckBacklog }),
    socket: listener,
    hasSocket: undefined,
    socketAccess: "probe",
    socketAddress: sk,
    netnsCookie,
    receivedOn: Scalar.constant(0),
    device: undefined,
    ackBacklog,
    maxAckBacklog,
  };
}

/** Both headers are there, in the linear part: tcp_v4_rcv() and tcp_v6_rcv() made sure. */
function readHeaders(
  b: Builder,
  skb: Pointer<typeof skBuff>,
  found: Facts,
): Pick<RefusedEvent, "ip" | "tcp"> {
  const start = b.keep(skb.head, "head");
  const ip = b.buffer(IPV6_BYTES);
  const ports = b.buffer(4);
  b.probeReadKernel(ports, 4, start.add(b.keep(skb.transport_header, "transport_header")), "ports");
  const l3 = b.keep(start.add(b.keep(skb.network_header, "network_header")), "ip header");
  b.probeReadKernel(ip, IPV4_BYTES, l3, "ip header");
  found.set("version", ip.load(1, 0).shiftRight(4));
  b.if(found.get("version").eq(6), () => b.probeReadKernel(ip, IPV6_BYTES, l3, "ipv6 header"));
  found.set("tcpReadable", 1);
  found.set("direction", DIRECTION.rx);
  return { ip, tcp: ports };
}

const requestSockQueue = kernelStruct("request_sock_queue", { qlen: scalar });
const inetConnectionSock = kernelStruct("inet_connection_sock", {
  icsk_accept_queue: embedded(() => requestSockQueue),
});
const netnsIpv4 = kernelStruct("netns_ipv4", { sysctl_tcp_syncookies: optional(scalar) });
const netOfTcp = kernelStruct("net", { ipv4: embedded(() => netnsIpv4) });

/**
 * The checks of tcp_conn_request(), in its order: other CPUs may have changed the queues' lengths since by a
 * little.
 */
function causeOf(
  b: Builder,
  kernel: KernelTypes,
  sk: Scalar,
  { ackBacklog, maxAckBacklog }: Pick<ListenerEvent, "ackBacklog" | "maxAckBacklog">,
): Scalar {
  const cause = b.variable("cause");
  const known = b.label("cause_known");
  const { qlen } = kernel.point(inetConnectionSock, sk.expression, "probe").icsk_accept_queue;
  const network = kernel.point(sockCommon, sk.expression, "probe").skc_net.net.address;
  const { sysctl_tcp_syncookies: cookies } = kernel.point(
    netOfTcp,
    b.keep(network, "net").expression,
    "probe",
  ).ipv4;
  if (cookies !== undefined) {
    const [waiting, useCookies] = [b.keep(qlen, "qlen"), b.keep(cookies, "sysctl_tcp_syncookies")];
    b.set(cause, REFUSED_CAUSE.synQueueFull);
    b.jumpIf(all(useCookies.isZero(), not(waiting.lt(maxAckBacklog))), known);
  }
  b.set(cause, REFUSED_CAUSE.acceptQueueFull);
  b.jumpIf(ackBacklog.gt(maxAckBacklog), known);
  b.set(cause, REFUSED_CAUSE.listenDrop);
  b.bind(known);
  return cause;
}
