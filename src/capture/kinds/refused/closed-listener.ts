/**
 * A listening socket that closes: its last counts, which nobody can read afterwards.
 *
 * On tp_btf/inet_sock_set_state (since Linux 4.16), which tcp_set_state() calls once the socket is out of the
 * table of listeners (net/ipv4/tcp.c): no SYN finds it any more, and its counts are final but for those on
 * other CPUs at that moment. Every change of state of every TCP socket runs the program, which leaves after
 * two comparisons.
 */
import {
  all,
  Builder,
  type KernelTypes,
  type MapSpec,
  type ProgramSpec,
  type Scalar,
} from "../../../bpf/index.ts";
import { bytes, struct, u64 } from "../../../bytes/struct.ts";
import { DecodeError } from "../../../errors.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { keepBoundPort } from "../../core/bound-port.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { sock } from "../../core/kernel-structs.ts";
import { IPPROTO_TCP } from "../../core/packet-walk.ts";
import { HOOK, KIND, RECORD_VERSION, recordHead } from "../../core/record-head.ts";
import { TCP_CLOSE, TCP_LISTEN } from "../../core/tcp-states.ts";
import { argumentIndex } from "../../core/tracepoint-argument.ts";
import { decodeListener, type Listener } from "./decode-listener.ts";
import { fillCounts, fillIdentity, fillOwner, type ListenerIdentity } from "./listener-program.ts";
import { listenerRecord } from "./listener-record.ts";

const TRACEPOINT = "inet_sock_set_state";
const LISTENER_AT = recordHead.size;

const closedListenerRecord = struct("closed_listener", LISTENER_AT + listenerRecord.size, {
  head: bytes(0, recordHead.size),
  listener: bytes(LISTENER_AT, listenerRecord.size),
});

/** One CPU's counts. */
export const closedListenerCpu = struct("closed_listener_cpu", 8, {
  /** Records that the ring had no room for. */
  lost: u64(0),
});

/** What a listener had counted when it closed. */
export interface ClosedListener extends Listener {
  /** CLOCK_BOOTTIME. */
  readonly ktimeNs: bigint;
  /** Inode number of its network namespace. */
  readonly netns: number;
}

export interface ClosedListenerMaps {
  readonly perCpu: MapSpec;
  readonly ring: MapSpec;
}

/** Sends a record for each listener in these namespaces (all, where undefined) that closes with drops. */
export function closedListenerProgram(
  kernel: KernelTypes,
  maps: ClosedListenerMaps,
  netns: readonly number[] | undefined,
  identity: ListenerIdentity,
  owners: boolean,
): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const argument = (name: string): Scalar =>
    b.argument(context, argumentIndex(kernel, TRACEPOINT, name), name);
  b.leaveIf(argument("oldstate").and(STATE_MASK).ne(TCP_LISTEN));
  b.leaveIf(argument("newstate").and(STATE_MASK).ne(TCP_CLOSE));
  const address = b.pin(argument("sk"), "sk");
  b.leaveIf(kernel.point(sock, address.expression, "direct").sk_protocol.ne(IPPROTO_TCP));
  const buffer = b.buffer(closedListenerRecord.size);
  for (let at = 0; at < closedListenerRecord.size; at += 8) b.store(8, buffer.address, at, 0, "0");
  const record = b.memory(closedListenerRecord, buffer.address);
  const listener = record.inside("listener", listenerRecord);
  fillCounts(b, kernel, address, listener);
  b.leaveIf(listener.get("drops").isZero());
  fillIdentity(b, kernel, address, listener, identity);
  if (netns !== undefined) b.leaveIf(all(...netns.map((inode) => listener.get("netnsInum").ne(inode))));
  if (owners) fillOwner(b, kernel, address, listener);
  keepBoundPort(b, kernel, address, listener);
  const head = record.inside("head", recordHead);
  head.set("kind", KIND.closedListener);
  head.set("version", RECORD_VERSION);
  head.set("length", closedListenerRecord.size);
  head.set("hook", HOOK.inet_sock_set_state);
  head.set("cpu", b.call(uapi.BPF_FUNC_get_smp_processor_id, [], "get_smp_processor_id"));
  head.set("ktimeNs", eventClockNs(b));
  const sent = b.call(
    uapi.BPF_FUNC_ringbuf_output,
    [maps.ring, buffer.address, closedListenerRecord.size, 0],
    "ringbuf_output",
  );
  b.leaveIf(sent.isZero());
  const cpu = b.memory(closedListenerCpu, b.pin(b.lookupIndex(maps.perCpu, 0), "closed_listener_cpu"));
  b.leaveIf(cpu.address.isZero());
  cpu.add("lost", 1);
  return {
    name: "tcpdrop_closed",
    attach: { kind: "tp_btf", tracepoint: TRACEPOINT },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

/** States are ints, and the upper half of an argument's register is anybody's. */
const STATE_MASK = 0xffff_ffffn;

/** A DecodeError where the bytes are no such record. */
export function decodeClosedListener(data: Uint8Array, at: number, length: number): ClosedListener {
  const { name, size } = closedListenerRecord;
  if (length !== size) throw new DecodeError(name, at, `${length} bytes instead of ${size}`);
  const head = recordHead.decode(data, at);
  if (head.kind !== KIND.closedListener) throw new DecodeError(name, at, `kind ${head.kind}`);
  const listener = decodeListener(data, at + LISTENER_AT);
  const { netnsInum } = listenerRecord.decode(data, at + LISTENER_AT);
  return { ...listener, ktimeNs: head.ktimeNs, netns: netnsInum };
}
