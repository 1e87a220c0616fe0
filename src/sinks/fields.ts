/**
 * Every field of a drop, once: its name in JSON, its type, and its words. The JSON sink, the JSON Schema and docs/output.md all come
 * from this table. Names beginning with owner_ are kept for the socket's owner.
 */
import { ADDRESS_SOURCES, DIRECTIONS, DROP_CLASSES, type DropEvent, TCP_FLAGS } from "../event.ts";
import { formatUtc } from "./text.ts";

export type JsonType = "string" | "integer" | "boolean" | "strings";

export interface OutputField {
  readonly name: string;
  readonly type: JsonType;
  readonly doc: string;
  /** False: every event has it. */
  readonly optional: boolean;
  /** The values that it can have, where they are few. */
  readonly values?: readonly string[];
  /** undefined where the event lacks it. */
  readonly get: (event: DropEvent) => string | number | boolean | readonly string[] | undefined;
}

type Get = OutputField["get"];

const field = (name: string, type: JsonType, get: Get, doc: string, values?: readonly string[]): OutputField => ({
  name,
  type,
  get,
  doc,
  optional: false,
  ...(values === undefined ? {} : { values }),
});
const maybe = (name: string, type: JsonType, get: Get, doc: string, values?: readonly string[]): OutputField => ({
  ...field(name, type, get, doc, values),
  optional: true,
});

export const DROP_FIELDS: readonly OutputField[] = [
  field("type", "string", () => "drop", "Kind of the object.", ["drop"]),
  field("time", "string", (e) => formatUtc(e.timeNs), "Wall-clock time of the drop, RFC 3339 in UTC, microseconds."),
  field("ktime_ns", "string", (e) => String(e.ktimeNs), "CLOCK_MONOTONIC at the drop in nanoseconds, as a decimal string."),
  field("source", "string", (e) => e.source, "What told of the drop.", ["kfree_skb"]),
  field("cpu", "integer", (e) => e.cpu, "CPU on which it was dropped."),
  field("cpu_pid", "integer", (e) => e.cpuPid, "Process on that CPU then: often unrelated to the packet. 0 is the idle task."),
  field("cpu_tid", "integer", (e) => e.cpuTid, "Thread on that CPU then."),
  field("cpu_comm", "string", (e) => e.cpuComm, "Name of that thread."),
  field("ip", "integer", (e) => e.ip, "IP version, 4 or 6."),
  field("saddr", "string", (e) => e.saddr, "Source address of the packet."),
  maybe("sport", "integer", (e) => e.sport, "Source port; absent where no TCP header could be read."),
  field("daddr", "string", (e) => e.daddr, "Destination address of the packet."),
  maybe("dport", "integer", (e) => e.dport, "Destination port; absent where no TCP header could be read."),
  field(
    "address_source",
    "string",
    (e) => e.addressSource,
    "Where the addresses were read: the packet, the packet inside a tunnel, or the socket where the skb had no IP header yet.",
    ADDRESS_SOURCES,
  ),
  field("direction", "string", (e) => e.direction, "On its way in, out, through this host, or not known.", DIRECTIONS),
  field("tunnel", "boolean", (e) => e.tunnel, "True: the segment is inside a tunnel packet, and the addresses are the inner ones."),
  maybe("state", "string", (e) => e.state, "State of the TCP socket; absent without a socket that can be believed."),
  maybe("flags", "strings", (e) => e.flags, "TCP flags.", TCP_FLAGS),
  maybe("seq", "integer", (e) => e.seq, "Sequence number."),
  maybe("ack", "integer", (e) => e.ack, "Acknowledgment number, whether or not ACK is set."),
  maybe("window", "integer", (e) => e.window, "Window as the header has it, not scaled."),
  maybe("payload_len", "integer", (e) => e.payloadLen, "Bytes of TCP payload in the whole skb."),
  field("skb_len", "integer", (e) => e.skbLen, "skb->len: bytes from skb->data on."),
  field("gso_segs", "integer", (e) => e.gsoSegs, "Wire segments that the skb stands for."),
  maybe("reason", "string", (e) => e.reason, "Drop reason as the running kernel names it, without SKB_DROP_REASON_."),
  field("reason_code", "integer", (e) => e.reasonCode, "The kernel's number of the reason: other kernels number differently."),
  maybe("reason_subsystem", "string", (e) => e.reasonSubsystem, "Whose reason it is: CORE, OPENVSWITCH, ..."),
  field("class", "string", (e) => e.class, "How much it hurts; see docs/adr/0004-how-harmless-is-decided.md.", DROP_CLASSES),
  field("location", "string", (e) => e.location, "Function and offset in the kernel, with [module]; an address where symbols cannot be read."),
  maybe("stack", "strings", (e) => e.stack, "Kernel stack, innermost frame first; absent where none was taken."),
  maybe("netns", "integer", (e) => e.netns, "Inode number of the network namespace."),
  maybe("ifindex", "integer", (e) => e.ifindex, "Index of the interface, in its own namespace."),
  maybe("ifname", "string", (e) => e.ifname, "Name of the interface."),
  maybe(
    "sk_cookie",
    "string",
    (e) => (e.skCookie === undefined ? undefined : String(e.skCookie)),
    "Socket cookie as a decimal string, where the socket has one.",
  ),
  maybe("mark", "integer", (e) => e.mark, "skb->mark."),
];
