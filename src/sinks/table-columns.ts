/**
 * The columns of the table, each once: title, width, and what is in its cells. docs/output.md is rendered
 * from them.
 *
 * The head and the three columns after it always come, in bcc's order. The others come in the order of their
 * importance (`rank`), as far as the terminal is wide.
 */
import { piece } from "../bytes/text-bytes.ts";
import type { Device, Direction, DropEvent, RefusedEvent } from "../model/index.ts";
import type { CellText } from "./cell-text.ts";
import { INFERRED, reasonName } from "./reason-text.ts";

export interface Column {
  readonly title: string;
  /** Least width in characters: cells that are longer push the rest to the right. */
  readonly width: number;
  readonly doc: string;
  /** Undefined: always there. Else: lower ranks come first where the width does not suffice for all. */
  readonly rank: number | undefined;
  /** Painted in the colour of the drop's class. */
  readonly painted: boolean;
  /** Writes the cell of a drop. */
  readonly drop: (event: DropEvent, cell: CellText) => void;
  /** Writes the cell of SYNs that a listening socket refused; "-" unless told. */
  readonly refused: (event: RefusedEvent, cell: CellText) => void;
}

const [SPACE, ARROW, COLON, OPEN, CLOSE] = [piece(" "), piece(">"), piece(":"), piece("["), piece("]:")];

interface More {
  readonly rank?: number;
  readonly painted?: boolean;
  readonly refused?: Column["refused"];
}

function column(title: string, width: number, doc: string, drop: Column["drop"], more: More = {}): Column {
  return {
    title,
    width,
    doc,
    drop,
    rank: more.rank,
    painted: more.painted ?? false,
    refused: more.refused ?? ((_e, cell) => cell.text(undefined)),
  };
}

/** Who sent what to whom: 65 characters for every address of version 4, so that this never wraps. */
export const HEAD_COLUMNS: readonly Column[] = [
  column(
    "TIME",
    8,
    "Local time of the drop; with microseconds where there is room",
    (e, cell) => cell.time(e.timeNs),
    {
      refused: (e, cell) => cell.time(e.timeNs),
    },
  ),
  column("PID", 7, "Process that was on the CPU, often unrelated; 0 is the idle task", (e, cell) =>
    cell.number(e.task.pid),
  ),
  column("IP", 2, "IP version", (e, cell) => cell.number(e.flow.ip), {
    refused: (e, cell) => cell.number(e.flow?.ip),
  }),
  column(
    "SADDR:SPORT",
    21,
    "The packet's source; version 6 in brackets, `-` for a port that could not be read",
    (e, cell) => endpoint(cell, e.flow.ip, e.flow.saddr, e.flow.sport),
    { refused: peerCell },
  ),
  column(">", 1, "", (_e, cell) => cell.put(ARROW), { refused: (_e, cell) => cell.put(ARROW) }),
  column(
    "DADDR:DPORT",
    21,
    "The packet's destination, likewise",
    (e, cell) => endpoint(cell, e.flow.ip, e.flow.daddr, e.flow.dport),
    {
      refused: ({ flow }, cell) =>
        flow === undefined ? cell.text(undefined) : endpoint(cell, flow.ip, flow.daddr, flow.dport),
    },
  ),
];

export const TAIL_COLUMNS: readonly Column[] = [
  column(
    "STATE (FLAGS)",
    22,
    "State of the socket, `-` without one; TCP flags, `-` where there was no TCP header",
    (e, cell) => {
      cell.text(e.socket?.state);
      cell.put(SPACE);
      cell.flags(e.packet.flags);
    },
    { refused: (e, cell) => cell.text(`${e.socket.state} (SYN)`) },
  ),
  column(
    "REASON",
    24,
    "The kernel's name for the reason; its number where it has none; `-` where the kernel tells no reasons, or what the location tells, as `(inferred)`",
    (e, cell) => {
      cell.text(reasonName(e.site));
      if (e.site.reasonInferred) cell.text(INFERRED);
    },
    { painted: true, refused: (e, cell) => cell.text(e.site.reason) },
  ),
  column(
    "CLASS",
    9,
    "How much it hurts: loss, duplicate, refused, normal, copy",
    (e, cell) => cell.text(e.class),
    {
      rank: 3,
      painted: true,
      refused: (e, cell) => cell.text(e.class),
    },
  ),
  column(
    "DIR",
    3,
    "Direction: rx, tx, fwd, `-` if unknown",
    (e, cell) => cell.text(DIRECTION_TEXT[e.flow.direction]),
    {
      rank: 1,
      refused: (_e, cell) => cell.text("rx"),
    },
  ),
  column("IF", 10, "Interface", (e, cell) => cell.text(interfaceText(e.device)), { rank: 2 }),
  column("LEN", 5, "Bytes of TCP payload", (e, cell) => cell.number(e.packet.payloadLen), { rank: 4 }),
  column("SEGS", 4, "Wire segments that this drop stands for", (e, cell) => cell.number(e.packet.gsoSegs), {
    rank: 6,
  }),
  column("NETNS", 10, "Inode of the network namespace", (e, cell) => cell.number(e.device?.netns), {
    rank: 5,
    refused: (e, cell) => cell.number(e.device?.netns),
  }),
];

/** The peer where the SYN itself was seen, else how many there were. */
function peerCell({ flow, detail: { atMost, count } }: RefusedEvent, cell: CellText): void {
  if (flow?.saddr !== undefined) endpoint(cell, flow.ip, flow.saddr, flow.sport);
  else cell.text(`${atMost ? "at most " : ""}${count} ${count === 1 ? "SYN" : "SYNs"}`);
}

/** Takes the stack's place, with --no-stack. Nothing follows it, so that long symbols disturb nothing. */
export const LOCATION_COLUMN: Column = column(
  "LOCATION",
  28,
  "Where in the kernel; with --no-stack",
  (e, cell) => cell.text(e.site.location),
  { rank: 0 },
);

const DIRECTION_TEXT: Readonly<Record<Direction, string>> = {
  rx: "rx",
  tx: "tx",
  forwarded: "fwd",
  unknown: "-",
};

function interfaceText(device: Device | undefined): string | undefined {
  if (device?.ifname !== undefined) return device.ifname;
  return device?.ifindex === undefined ? undefined : `#${device.ifindex}`;
}

function endpoint(cell: CellText, ip: 4 | 6, address: string, port: number | undefined): void {
  if (ip === 6) cell.put(OPEN);
  cell.text(address);
  cell.put(ip === 6 ? CLOSE : COLON);
  cell.number(port);
}
