/**
 * Each SYN that a listening socket refuses, by probes around tcp_conn_request() (net/ipv4/tcp_input.c), on
 * kernels that allow them.
 *
 * The function returns 0 in any case, and frees nothing: what tells is that it sent no SYN-ACK. So its entry
 * notes the SYN for this CPU, whatever answers it clears the note, and where the note is still there at the
 * exit, the SYN was refused. The listener is not locked, so no difference of its counters could tell; the
 * function runs in softirq, or with softirqs off, and so alone on its CPU.
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
  type ProgramSpec,
  registerArgument,
  type Scalar,
  type StructMemory,
  scalar,
} from "../../../bpf/index.ts";
import { parameters } from "../../../btf/index.ts";
import { UnsupportedError } from "../../../errors.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { listenSock, net, skBuff, sock, sockCommon } from "../../core/kernel-structs.ts";
import { IPV4_BYTES, IPV6_BYTES } from "../../core/packet-walk.ts";
import type { ProbeRequest } from "../drop/request.ts";
import { REFUSED_CAUSE, refusedCpu, refusedRecord } from "./refused-record.ts";

/** How functions are probed: by trampolines (fentry, fexit), or by breakpoints (kprobe, kretprobe). */
export type FunctionProbe = "fentry" | "kprobe";
const EXIT = { fentry: "fexit", kprobe: "kretprobe" } as const;

/** The function that refuses. */
export const TRACED = "tcp_conn_request";
/**
 * Whoever gets here is not refused: a SYN-ACK goes out, or the request is there already and its own SYN-ACK
 * did (a false return, since 6.10).
 */
const ANSWERING = ["tcp_v4_send_synack", "tcp_v6_send_synack", "inet_csk_reqsk_queue_hash_add"];

export interface RefusedMaps {
  readonly perCpu: MapSpec;
  readonly ring: MapSpec;
}

export function refusedMaps(ringBytes: number): RefusedMaps {
  return {
    perCpu: {
      name: "refused_cpu",
      kind: "percpu-array",
      keySize: 4,
      valueSize: refusedCpu.size,
      maxEntries: 1,
    },
    ring: { name: "refused", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: ringBytes },
  };
}

type Request = Pick<ProbeRequest, "family" | "netns">;
type CpuMemory = StructMemory<(typeof refusedCpu)["fields"]>;
type RecordMemory = StructMemory<(typeof refusedRecord)["fields"]>;

/** In the order in which they should be attached: what clears a note comes before what makes one. */
export function refusedPrograms(
  kernel: KernelTypes,
  maps: RefusedMaps,
  request: Request,
  probe: FunctionProbe,
): readonly ProgramSpec[] {
  const answering = ANSWERING.filter((name) => kernel.btf.find(name, "func") !== undefined);
  if (!answering.some((name) => name.endsWith("_send_synack")))
    throw new UnsupportedError(
      "This kernel's BTF has no function that sends a SYN-ACK",
      "tcp_v4_send_synack",
    );
  return [
    ...answering.map((name) => clearingProgram(maps, name, probe)),
    leavingProgram(kernel, maps, request, probe),
    enteringProgram(kernel, maps, probe),
  ];
}

function program(name: string, kind: ProgramSpec["attach"], build: (b: Builder) => void): ProgramSpec {
  const b = new Builder();
  build(b);
  return { name, attach: kind, ...b.finish(), license: "Dual MIT/GPL" };
}

function cpuMemory(b: Builder, maps: RefusedMaps): CpuMemory {
  const cpu = b.memory(refusedCpu, b.pin(b.lookupIndex(maps.perCpu, 0), "refused_cpu"));
  b.leaveIf(cpu.address.isZero());
  return cpu;
}

function enteringProgram(kernel: KernelTypes, maps: RefusedMaps, probe: FunctionProbe): ProgramSpec {
  return program("tcpdrop_syn", { kind: probe, function: TRACED }, (b) => {
    const context = b.pin(b.context, "context");
    const skb = b.pin(argument(b, kernel, context, probe, "skb"), "skb");
    const sk = b.pin(argument(b, kernel, context, probe, "sk"), "sk");
    const cpu = cpuMemory(b, maps);
    cpu.set("skb", skb);
    cpu.set("sk", sk);
  });
}

function clearingProgram(maps: RefusedMaps, name: string, probe: FunctionProbe): ProgramSpec {
  return program("tcpdrop_answer", { kind: probe, function: name }, (b) => cpuMemory(b, maps).set("skb", 0));
}

/** An argument of tcp_conn_request(), by the name that BTF has for it. */
function argument(
  b: Builder,
  kernel: KernelTypes,
  context: Scalar,
  probe: FunctionProbe,
  name: string,
): Scalar {
  const func = kernel.btf.find(TRACED, "func");
  const index =
    func === undefined
      ? -1
      : parameters(kernel.btf, func.id).findIndex((parameter) => parameter.name === name);
  if (index < 0) throw new UnsupportedError(`This kernel's ${TRACED}() has no argument ${name}`, TRACED);
  return probe === "kprobe"
    ? registerArgument(kernel, context, index, name)
    : b.argument(context, index, name);
}

function leavingProgram(
  kernel: KernelTypes,
  maps: RefusedMaps,
  request: Request,
  probe: FunctionProbe,
): ProgramSpec {
  return program("tcpdrop_refused", { kind: EXIT[probe], function: TRACED }, (b) => {
    const cpu = cpuMemory(b, maps);
    b.leaveIf(cpu.get("skb").isZero());
    const skb = b.pin(cpu.get("skb"), "skb");
    const sk = b.pin(cpu.get("sk"), "sk");
    cpu.set("skb", 0);
    const record = cpu.inside("record", refusedRecord);
    fillListener(b, kernel, sk, record);
    if (request.netns !== undefined)
      b.leaveIf(all(...request.netns.map((inode) => record.get("netnsInum").ne(inode))));
    fillPacket(b, kernel, skb, record);
    if (request.family !== undefined) b.leaveIf(record.get("ipVersion").ne(request.family));
    tellCause(b, kernel, sk, record);
    record.set("ktimeNs", eventClockNs(b));
    const sent = b.call(
      uapi.BPF_FUNC_ringbuf_output,
      [maps.ring, record.addressOf("ktimeNs"), refusedRecord.size, 0],
      "ringbuf_output",
    );
    b.if(sent.isNegative(), () => cpu.add("lost", 1));
    // After the record: who reads the counts and then the ring finds every record that was counted.
    for (const [cause, code] of Object.entries(REFUSED_CAUSE))
      b.if(record.get("cause").eq(code), () => cpu.add(cause as keyof typeof REFUSED_CAUSE, 1));
  });
}

const requestSockQueue = kernelStruct("request_sock_queue", { qlen: scalar });
const inetConnectionSock = kernelStruct("inet_connection_sock", {
  icsk_accept_queue: embedded(() => requestSockQueue),
});
const netnsIpv4 = kernelStruct("netns_ipv4", { sysctl_tcp_syncookies: optional(scalar) });
const netOfTcp = kernelStruct("net", { ipv4: embedded(() => netnsIpv4) });

function fillListener(b: Builder, kernel: KernelTypes, sk: Scalar, record: RecordMemory): void {
  const { skc_net, skc_cookie } = kernel.point(sock, sk.expression, "probe").__sk_common;
  const network = b.keep(skc_net.net.address, "net");
  record.set("netnsInum", b.keep(kernel.point(net, network.expression, "probe").ns.inum, "netns"));
  record.set("skCookie", skc_cookie === undefined ? 0 : b.keep(skc_cookie.load(8, 0), "skc_cookie"));
  const { sk_ack_backlog, sk_max_ack_backlog } = kernel.point(listenSock, sk.expression, "probe");
  record.set("ackBacklog", b.keep(sk_ack_backlog, "sk_ack_backlog"));
  record.set("maxAckBacklog", b.keep(sk_max_ack_backlog, "sk_max_ack_backlog"));
}

/** Both headers are there, in the linear part: tcp_v4_rcv() and tcp_v6_rcv() made sure. */
function fillPacket(b: Builder, kernel: KernelTypes, skb: Scalar, record: RecordMemory): void {
  const { head, network_header, transport_header } = kernel.point(skBuff, skb.expression, "probe");
  const start = b.keep(head, "head");
  const ip = b.buffer(IPV6_BYTES);
  const ports = b.buffer(4);
  b.probeReadKernel(ports, 4, start.add(b.keep(transport_header, "transport_header")), "ports");
  record.set("sport", ports.load(2, 0));
  record.set("dport", ports.load(2, 2));
  const l3 = b.keep(start.add(b.keep(network_header, "network_header")), "ip header");
  b.probeReadKernel(ip, IPV4_BYTES, l3, "ip header");
  record.set("ipVersion", ip.load(1, 0).shiftRight(4));
  b.if(
    record.get("ipVersion").eq(4),
    () => {
      record.setBytes("saddr", 4, 0, ip.load(4, 12));
      record.setBytes("daddr", 4, 0, ip.load(4, 16));
    },
    () => {
      b.probeReadKernel(ip, IPV6_BYTES, l3, "ipv6 header");
      for (const half of [0, 8]) {
        record.setBytes("saddr", 8, half, ip.load(8, 8 + half));
        record.setBytes("daddr", 8, half, ip.load(8, 24 + half));
      }
    },
  );
}

/**
 * The checks of tcp_conn_request(), in its order: other CPUs may have changed the queues' lengths since by a
 * little.
 */
function tellCause(b: Builder, kernel: KernelTypes, sk: Scalar, record: RecordMemory): void {
  const told = b.label("cause_told");
  const { qlen } = kernel.point(inetConnectionSock, sk.expression, "probe").icsk_accept_queue;
  const network = kernel.point(sockCommon, sk.expression, "probe").skc_net.net.address;
  const { sysctl_tcp_syncookies: cookies } = kernel.point(
    netOfTcp,
    b.keep(network, "net").expression,
    "probe",
  ).ipv4;
  if (cookies !== undefined) {
    const [waiting, useCookies] = [b.keep(qlen, "qlen"), b.keep(cookies, "sysctl_tcp_syncookies")];
    b.if(all(useCookies.isZero(), not(waiting.lt(record.get("maxAckBacklog")))), () => {
      record.set("cause", REFUSED_CAUSE.synQueueFull);
      b.jump(told);
    });
  }
  b.if(
    record.get("ackBacklog").gt(record.get("maxAckBacklog")),
    () => record.set("cause", REFUSED_CAUSE.acceptQueueFull),
    () => record.set("cause", REFUSED_CAUSE.listenDrop),
  );
  b.place(told);
}
