/**
 * The columns of the table, each once: title, width, value. docs/output.md is rendered from them.
 *
 * The head and the three columns after it always come, in bcc's order. The others come in the order of their
 * importance (`rank`), as far as the terminal is wide.
 */
import type { DropEvent, RefusedEvent } from "../event.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import type { TimeFormatter } from "./time-text.ts";

export interface Column {
  readonly title: string;
  /** Least width in characters: cells that are longer push the rest to the right. */
  readonly width: number;
  readonly doc: string;
  /** Undefined: always there. Else: lower ranks come first where the width does not suffice for all. */
  readonly rank: number | undefined;
  /** Painted in the colour of the drop's class. */
  readonly painted: boolean;
  readonly value: (event: DropEvent, time: TimeFormatter) => string;
  /** The cell of SYNs that a listening socket refused; "-" unless told. */
  readonly refused: (event: RefusedEvent, time: TimeFormatter) => string;
}

interface More {
  readonly rank?: number;
  readonly painted?: boolean;
  readonly refused?: Column["refused"];
}

function column(title: string, width: number, doc: string, value: Column["value"], more: More = {}): Column {
  return { title, width, doc, value, rank: more.rank, painted: more.painted ?? false, refused: more.refused ?? (() => "-") };
}

/** Who sent what to whom: 65 characters for every address of version 4, so that this never wraps. */
export const HEAD_COLUMNS: readonly Column[] = [
  column("TIME", 8, "Local time of the drop; with microseconds where there is room", (e, time) => time(e.timeNs), { refused: (e, time) => time(e.timeNs) }),
  column("PID", 7, "Process that was on the CPU, often unrelated; 0 is the idle task", (e) => String(e.cpuPid)),
  column("IP", 2, "IP version", (e) => String(e.ip), { refused: (e) => String(e.listener?.ip ?? "-") }),
  column("SADDR:SPORT", 21, "The packet's source; version 6 in brackets, `-` for a port that could not be read", (e) => endpoint(e.ip, e.saddr, e.sport), {
    refused: (e) =>
      e.peer === undefined || e.listener === undefined
        ? `${e.atMost ? "at most " : ""}${e.count} ${e.count === 1 ? "SYN" : "SYNs"}`
        : endpoint(e.listener.ip, e.peer.saddr, e.peer.sport),
  }),
  column(">", 1, "", () => ">", { refused: () => ">" }),
  column("DADDR:DPORT", 21, "The packet's destination, likewise", (e) => endpoint(e.ip, e.daddr, e.dport), {
    refused: ({ listener }) => (listener === undefined ? "-" : endpoint(listener.ip, listener.daddr, listener.dport)),
  }),
];

export const TAIL_COLUMNS: readonly Column[] = [
  column(
    "STATE (FLAGS)",
    22,
    "State of the socket, `-` without one; TCP flags, `-` where there was no TCP header",
    (e) => `${plainText(e.state ?? "-")} ${e.flags === undefined ? "-" : `(${e.flags.join("|")})`}`,
    { refused: (e) => `${e.state} (SYN)` },
  ),
  column(
    "REASON",
    24,
    "The kernel's name for the reason; its number where it has none; `-` where the kernel tells no reasons, or what the location tells, as `(inferred)`",
    (e) => reasonText(e),
    { painted: true, refused: (e) => e.cause },
  ),
  column("CLASS", 9, "How much it hurts: loss, duplicate, refused, normal, copy", (e) => e.class, { rank: 3, painted: true, refused: (e) => e.class }),
  column("DIR", 3, "Direction: rx, tx, fwd, `-` if unknown", (e) => DIRECTION_TEXT[e.direction], { rank: 1, refused: () => "rx" }),
  column("IF", 10, "Interface", (e) => plainText(e.ifname ?? (e.ifindex === undefined ? "-" : `#${e.ifindex}`)), { rank: 2 }),
  column("LEN", 5, "Bytes of TCP payload", (e) => (e.payloadLen === undefined ? "-" : String(e.payloadLen)), { rank: 4 }),
  column("SEGS", 4, "Wire segments that this drop stands for", (e) => String(e.gsoSegs), { rank: 6 }),
  column("NETNS", 10, "Inode of the network namespace", (e) => (e.netns === undefined ? "-" : String(e.netns)), {
    rank: 5,
    refused: (e) => String(e.netns ?? "-"),
  }),
];

/** Takes the stack's place, with --no-stack. Nothing follows it, so that long symbols disturb nothing. */
export const LOCATION_COLUMN: Column = column("LOCATION", 28, "Where in the kernel; with --no-stack", (e) => plainText(e.location), { rank: 0 });

const DIRECTION_TEXT: Readonly<Record<DropEvent["direction"], string>> = { rx: "rx", tx: "tx", forwarded: "fwd", unknown: "-" };

function endpoint(ip: 4 | 6, address: string, port: number | undefined): string {
  return `${ip === 6 ? `[${address}]` : address}:${port ?? "-"}`;
}
