/**
 * The one table of what an event holds in machine-readable output.
 *
 * The json sink (json.ts), the JSON Schema (schema/tcpdrop-event.schema.json) and the tables of
 * docs/output.md are all rendered from it. The order here is the order in a line. Names beginning with
 * `owner_` are reserved.
 */
import {
  ADDRESS_SOURCES,
  DIRECTIONS,
  DROP_CLASSES,
  DROP_SOURCES,
  type DropEvent,
  type LostNotice,
  REFUSED_CAUSES,
  type ReasonCount,
  type RefusedEvent,
  type SiteCount,
  type SummaryNotice,
  TCP_FLAGS,
  type TotalsNotice,
} from "../model/index.ts";
import type { Explanation, ReconcileRow } from "../reconcile/reconcile.ts";
import { costCounts } from "./cost-counts.ts";
import { COUNT, decimal, type Field, flags, integer, text, time, U16, U32, word } from "./field.ts";

const INFERRED = {
  type: "boolean",
  name: "reason_inferred",
  doc: "True where the kernel tells no reasons, and `reason` follows from the location.",
} as const;

/**
 * A drop, field by field. `advice` is not here: `tcpdrop explain` gives it; `locationAddress` neither:
 * `location` is its name.
 */
export const DROP_FIELDS: readonly Field<DropEvent>[] = [
  word("type", ["drop"], "Kind of this line.", (e) => e.kind, "steady"),
  time("time", "Wall-clock time of the drop.", (e) => e.timeNs),
  decimal(
    "ktime_ns",
    "CLOCK_BOOTTIME at the drop, in nanoseconds: it goes on while the machine is suspended.",
    (e) => e.ktimeNs,
  ),
  word(
    "source",
    DROP_SOURCES,
    "What saw the drop: a tracepoint, or a function of the kernel.",
    (e) => e.site.source,
    "steady",
  ),
  integer("cpu", U32, "CPU on which the drop happened.", (e) => e.task.cpu, "steady"),
  integer(
    "cpu_pid",
    U32,
    "Process that was on the CPU; often unrelated to the packet. 0 is the idle task.",
    (e) => e.task.pid,
    "steady",
  ),
  integer("cpu_tid", U32, "Thread that was on the CPU.", (e) => e.task.tid, "steady"),
  text("cpu_comm", "Name of the thread that was on the CPU.", (e) => e.task.comm, "steady"),
  integer("ip", [4, 6], "IP version of the addresses: 4 or 6.", (e) => e.flow.ip, "steady"),
  text("saddr", "Source address of the packet.", (e) => e.flow.saddr),
  integer(
    "sport",
    U16,
    "Source port; absent where no TCP header could be read.",
    (e) => e.flow.sport,
    "optional",
  ),
  text("daddr", "Destination address of the packet.", (e) => e.flow.daddr),
  integer(
    "dport",
    U16,
    "Destination port; absent where no TCP header could be read.",
    (e) => e.flow.dport,
    "optional",
  ),
  word(
    "address_source",
    ADDRESS_SOURCES,
    "Where the addresses were read: the packet's IP header, the inner header of a tunnel packet, or the owning socket.",
    (e) => e.flow.addressSource,
    "steady",
  ),
  word(
    "direction",
    DIRECTIONS,
    "Which way the packet was going, seen from its network namespace.",
    (e) => e.flow.direction,
    "steady",
  ),
  {
    type: "boolean",
    name: "tunnel",
    doc: "True where the segment is inside a tunnel packet.",
    value: (e) => e.flow.tunnel,
    ...flags(["steady"]),
  },
  text(
    "state",
    "State of the TCP socket that the segment belongs to; absent without a socket that can be believed.",
    (e) => e.socket?.state,
    "optional",
    "steady",
  ),
  {
    type: "words",
    name: "flags",
    oneOf: TCP_FLAGS,
    doc: "TCP flags, lowest bit first.",
    value: (e) => e.packet.flags,
    ...flags(["optional"]),
  },
  integer("seq", U32, "Sequence number in the TCP header.", (e) => e.packet.seq, "optional"),
  integer("ack", U32, "Acknowledgement number in the TCP header.", (e) => e.packet.ack, "optional"),
  integer("window", U16, "Window in the TCP header, not scaled.", (e) => e.packet.window, "optional"),
  integer(
    "payload_len",
    U32,
    "Bytes of TCP payload in the whole skb.",
    (e) => e.packet.payloadLen,
    "optional",
  ),
  integer(
    "skb_len",
    U32,
    "Length of the skb in bytes, as the kernel had it at the drop.",
    (e) => e.packet.skbLen,
  ),
  integer(
    "gso_segs",
    [1, U16],
    "How many wire segments the skb stands for; at least 1.",
    (e) => e.packet.gsoSegs,
    "steady",
  ),
  text(
    "reason",
    "Drop reason, as the running kernel names it, without SKB_DROP_REASON_.",
    (e) => e.site.reason,
    "optional",
    "steady",
  ),
  integer(
    "reason_code",
    U32,
    "Number of the reason; its meaning differs between kernels. Absent where the kernel tells no reasons.",
    (e) => e.site.reasonCode,
    "optional",
    "steady",
  ),
  text(
    "reason_subsystem",
    "Subsystem that defines the reason.",
    (e) => e.site.reasonSubsystem,
    "optional",
    "steady",
  ),
  { ...INFERRED, value: (e) => e.site.reasonInferred, ...flags(["steady"]) },
  word("class", DROP_CLASSES, "How much the drop hurts.", (e) => e.class, "steady"),
  text(
    "location",
    "Where in the kernel: symbol and offset, then the module in brackets.",
    (e) => e.site.location,
    "steady",
  ),
  {
    type: "texts",
    name: "stack",
    doc: "Kernel stack, innermost frame first, each frame like `location`.",
    value: (e) => e.stack,
    ...flags(["optional"]),
  },
  {
    type: "boolean",
    name: "stack_omitted",
    doc: "True where a stack was wanted and left out, because its place drops more often than stacks are taken (`--stacks`); absent otherwise.",
    value: (e) => e.detail.stackOmitted || undefined,
    ...flags(["optional", "steady"]),
  },
  integer(
    "netns",
    U32,
    "Inode number of the network namespace.",
    (e) => e.device?.netns,
    "optional",
    "steady",
  ),
  integer(
    "ifindex",
    U32,
    "Index of the interface, in its network namespace.",
    (e) => e.device?.ifindex,
    "optional",
    "steady",
  ),
  text(
    "ifname",
    "Name of the interface at the drop; absent where it is gone by then, or cannot be found.",
    (e) => e.device?.ifname,
    "optional",
    "steady",
  ),
  decimal(
    "sk_cookie",
    "Cookie of the socket, as `ss -e` shows it in hexadecimal.",
    (e) => e.socket?.skCookie,
    "optional",
  ),
  integer("mark", U32, "Mark of the skb.", (e) => e.packet.mark, "optional", "steady"),
];

/** SYNs that a listening socket refused. `advice` is not here: `tcpdrop explain` gives it. */
export const REFUSED_FIELDS: readonly Field<RefusedEvent>[] = [
  word("type", ["refused"], "Kind of this line.", (e) => e.kind),
  time("time", "When the SYN was refused, or the end of the interval in which SYNs were.", (e) => e.timeNs),
  time("since", "Start of the interval; `time` where the SYN was seen itself.", (e) => e.detail.sinceNs),
  word(
    "source",
    ["tcp_conn_request", "listener"],
    "What told of them: a probe on the function that refuses SYNs, or counters of the listening socket and of its network namespace.",
    (e) => e.site.source,
  ),
  integer("count", [1, COUNT], "How many SYNs were refused.", (e) => e.detail.count),
  {
    type: "boolean",
    name: "at_most",
    doc: "True where `count` is an upper bound: drops that have a line of their own could not all be told from refused SYNs.",
    value: (e) => e.detail.atMost,
    ...flags([]),
  },
  integer(
    "ip",
    [4, 6],
    "IP version of the SYN, or of the listening socket: 4 or 6. A socket of version 6 may take connections of version 4 too.",
    (e) => e.flow?.ip,
    "optional",
  ),
  text("saddr", "Where the SYN came from; absent where SYNs were counted.", (e) => e.flow?.saddr, "optional"),
  integer("sport", U16, "Its source port.", (e) => e.flow?.sport, "optional"),
  text(
    "daddr",
    "Where it went, or the address that the socket listens on; this and all else of the socket is absent where it was closed too soon, or the ring buffer had no room.",
    (e) => e.flow?.daddr,
    "optional",
  ),
  integer("dport", U16, "Port that it listens on.", (e) => e.flow?.dport, "optional"),
  word("state", ["LISTEN"], "State of the socket.", (e) => e.socket.state),
  word(
    "cause",
    REFUSED_CAUSES,
    "Why, as far as the namespace's counters tell; not a drop reason of the kernel.",
    (e) => e.site.reason,
  ),
  word("class", DROP_CLASSES, "How much it hurts.", (e) => e.class),
  integer("netns", U32, "Inode number of the network namespace.", (e) => e.device?.netns, "optional"),
  integer(
    "accept_queue",
    U32,
    "Connections that waited for accept() then.",
    (e) => e.detail.acceptQueue,
    "optional",
  ),
  integer(
    "accept_queue_limit",
    U32,
    "The backlog: with one more than this the accept queue is full.",
    (e) => e.detail.acceptQueueLimit,
    "optional",
  ),
  decimal(
    "sk_cookie",
    "Cookie of the socket, as `ss -e` shows it in hexadecimal.",
    (e) => e.socket.skCookie,
    "optional",
  ),
];

/** Drops that the ring buffer had no room for. */
export const LOST_FIELDS: readonly Field<LostNotice>[] = [
  word("type", ["lost"], "Kind of this line.", (e) => e.kind),
  time("time", "When the loss was noticed.", (e) => e.timeNs),
  integer("count", COUNT, "Drops lost since the last line of this type.", (e) => e.count),
  integer("total", COUNT, "Drops lost since the start.", (e) => e.total),
];

/** What was dropped until now, by place: `--summary`. */
export const TOTALS_FIELDS: readonly Field<TotalsNotice>[] = [
  word("type", ["totals"], "Kind of this line.", (e) => e.kind),
  time("time", "When the totals were read.", (e) => e.timeNs),
  integer("seen", COUNT, "TCP drops that the program in the kernel saw until then.", (e) => e.totals.seen),
  integer(
    "filtered",
    COUNT,
    "Drops that the filter turned away; they are in no place.",
    (e) => e.totals.filtered,
  ),
  integer(
    "undecodable",
    COUNT,
    "Drops whose headers could not be read; they are in no place.",
    (e) => e.totals.undecodable,
  ),
  {
    type: "places",
    name: "places",
    doc: "Drops by place, most first.",
    value: (e) => e.sites,
    ...flags([]),
  },
];

/** One element of `places` and `by_place`. */
export const PLACE_FIELDS: readonly Field<SiteCount>[] = [
  word("class", DROP_CLASSES, "Class of these drops, as far as reason and location tell.", (e) => e.class),
  integer(
    "reason_code",
    U32,
    "Number of the reason; absent where the kernel tells none.",
    (e) => e.reasonCode,
    "optional",
  ),
  text("reason", "Name of the reason.", (e) => e.reason, "optional"),
  text("reason_subsystem", "Subsystem that defines the reason.", (e) => e.reasonSubsystem, "optional"),
  { ...INFERRED, value: (e) => e.reasonInferred, ...flags([]) },
  text(
    "location",
    "Where in the kernel; absent for all that came when the kernel's map of places was full.",
    (e) => e.location,
    "optional",
  ),
  integer("ip", [4, 6], "IP version: 4 or 6.", (e) => e.ip, "optional"),
  integer("count", COUNT, "How many drops, exactly, since the start.", (e) => e.count),
  integer(
    "per_second",
    COUNT,
    "Drops a second: since the last line of type totals; in the summary, of the whole run.",
    (e) => e.perSecond,
  ),
  time("last", "When the last one was dropped.", (e) => e.lastNs),
];

/** The last line of a run; counts are of skbs unless they say otherwise. */
export const SUMMARY_FIELDS: readonly Field<SummaryNotice>[] = [
  word("type", ["summary"], "Kind of this line.", (e) => e.kind),
  time("started", "When the trace began.", (e) => e.startedNs),
  time("ended", "When the trace ended.", (e) => e.endedNs),
  integer(
    "seen",
    COUNT,
    "TCP drops that the program in the kernel saw: shown + hidden_normal + hidden_copy + filtered + limited + unread + lost + undecodable.",
    (e) => e.totals.seen,
  ),
  integer("shown", COUNT, "Drops that were shown.", (e) => e.totals.shown),
  integer(
    "shown_segments",
    COUNT,
    "Wire segments that the shown drops stand for; not part of the sum.",
    (e) => e.totals.shownSegments,
  ),
  integer("hidden_normal", COUNT, "Hidden drops of class normal.", (e) => e.totals.hidden.normal),
  integer("hidden_copy", COUNT, "Hidden drops of class copy.", (e) => e.totals.hidden.copy),
  integer("filtered", COUNT, "Drops that the filter turned away.", (e) => e.totals.filtered),
  integer(
    "limited",
    COUNT,
    "Drops that were counted and not shown, as --summary, --max-events or --sample has it.",
    (e) => e.totals.limited,
  ),
  integer(
    "unread",
    COUNT,
    "Drops that came after the last one that was wanted, or that the output did not take: it was full, slow or gone.",
    (e) => e.totals.unread,
  ),
  integer("lost", COUNT, "Drops that the ring buffer had no room for.", (e) => e.totals.lost),
  integer("undecodable", COUNT, "Drops whose headers could not be read.", (e) => e.totals.undecodable),
  integer(
    "missed",
    COUNT,
    "Upper bound of drops that the kernel did not let the program see; not part of the sum.",
    (e) => e.totals.missed,
  ),
  integer(
    "refused_syns",
    COUNT,
    "SYNs that listening sockets refused; not part of the sum. Absent where listening sockets were not watched.",
    (e) => e.totals.refusedSyns?.count,
    "optional",
  ),
  {
    type: "boolean",
    name: "refused_syns_at_most",
    doc: "True where `refused_syns` is an upper bound.",
    value: (e) => e.totals.refusedSyns?.atMost,
    ...flags(["optional"]),
  },
  text(
    "refused_syns_problem",
    "Why there may be more of them, that could not be counted; absent where all were.",
    (e) => e.totals.refusedSyns?.problem,
    "optional",
  ),
  {
    type: "counts",
    name: "refused_by_cause",
    doc: "Refused SYNs: a count for each cause.",
    value: (e) => e.totals.refusedSyns?.byCause,
    ...flags(["optional"]),
  },
  {
    type: "words",
    name: "refused_causes_at_most",
    oneOf: REFUSED_CAUSES,
    doc: "Causes whose count in `refused_by_cause` is an upper bound.",
    value: (e) => e.totals.refusedSyns?.causesAtMost,
    ...flags(["optional"]),
  },
  {
    type: "reasons",
    name: "shown_by_reason",
    doc: "Shown drops by reason, most first.",
    value: (e) => e.shownByReason,
    ...flags([]),
  },
  {
    type: "reasons",
    name: "hidden_by_reason",
    doc: "Hidden drops by reason, most first.",
    value: (e) => e.hiddenByReason,
    ...flags([]),
  },
  {
    type: "counts",
    name: "undecodable_by_kind",
    doc: "Why drops were undecodable: a count for each kind.",
    value: (e) => e.undecodableByKind,
    ...flags([]),
  },
  {
    type: "places",
    name: "by_place",
    doc: "All drops but those that the kernel filtered or could not decode, by place, most first: exact, whatever was shown or lost. Where `filter_rest` is there, also those that user space filtered.",
    value: (e) => e.bySite,
    ...flags([]),
  },
  text(
    "filter_rest",
    "What of the filter user space asked, long lists cut: after harmless drops were hidden and the totals by place counted. Absent where the kernel asked all of it.",
    (e) => e.filterRest,
    "optional",
  ),
  {
    type: "counts",
    name: "cost",
    doc: "With --stats, what tracing cost: see below.",
    value: (e) => costCounts(e.cost),
    ...flags(["optional"]),
  },
  {
    type: "texts",
    name: "blind_spots",
    doc: "What this kernel does not let anybody see, a sentence each.",
    value: (e) => e.blindSpots,
    ...flags([]),
  },
];

/** One element of `shown_by_reason` and `hidden_by_reason`. */
export const REASON_COUNT_FIELDS: readonly Field<ReasonCount>[] = [
  word("class", DROP_CLASSES, "Class of these drops.", (e) => e.class),
  integer(
    "reason_code",
    U32,
    "Number of the reason; absent where the kernel tells none.",
    (e) => e.reasonCode,
    "optional",
  ),
  text("reason", "Name of the reason.", (e) => e.reason, "optional"),
  text("reason_subsystem", "Subsystem that defines the reason.", (e) => e.reasonSubsystem, "optional"),
  { ...INFERRED, value: (e) => e.reasonInferred, ...flags([]) },
  {
    type: "boolean",
    name: "other",
    doc: "True for all reasons together that the program in the kernel has no counter of their own for: they have neither name nor code.",
    value: (e) => e.other,
    ...flags(["optional"]),
  },
  integer("count", COUNT, "How many drops.", (e) => e.count),
];

/**
 * A row of `tcpdrop reconcile`, with the namespace that it is about; without a counter: the drops that none
 * counts.
 */
export interface ReconcileLine extends Omit<ReconcileRow, "counter"> {
  readonly netns: number;
  readonly counter: string | undefined;
}

export const RECONCILE_FIELDS: readonly Field<ReconcileLine>[] = [
  word("type", ["reconcile"], "Kind of this line.", () => "reconcile"),
  integer("netns", U32, "Inode number of the network namespace.", (e) => e.netns),
  text(
    "counter",
    "The counter, as `nstat` prints it, or several joined by ` + `; absent for the drops that no counter counts.",
    (e) => e.counter,
    "optional",
  ),
  integer("rise", COUNT, "How much the counter rose; absent where it fell.", (e) => e.rise, "optional"),
  word(
    "unit",
    ["skbs", "segments"],
    "What is counted: skbs, or the wire segments that they stand for.",
    (e) => e.unit,
  ),
  integer("explained", COUNT, "How much of it is explained by drops.", (e) => e.explained),
  {
    type: "explanations",
    name: "explained_by",
    doc: "Those drops by reason, most first.",
    value: (e) => e.explainedBy,
    ...flags([]),
  },
  integer(
    "difference",
    [-COUNT, COUNT],
    "`rise` less `explained`; negative where more was dropped than the kernel counted.",
    (e) => e.difference,
    "optional",
  ),
  text("why", "What may explain the difference; absent where there is none.", (e) => e.why, "optional"),
];

/** One element of `explained_by`. */
export const EXPLANATION_FIELDS: readonly Field<Explanation>[] = [
  word("source", ["kfree_skb", "listener"], "What told of the drops.", (e) => e.source),
  text("reason", "Name of the reason.", (e) => e.reason, "optional"),
  integer("count", COUNT, "How many drops (or segments).", (e) => e.count),
  integer(
    "of",
    COUNT,
    "How many there were: more than `count` where such drops may raise the counter or not.",
    (e) => e.of,
  ),
];
