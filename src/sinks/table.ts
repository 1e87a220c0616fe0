/**
 * For people: bcc's first columns, then the reason, and more where the terminal is wide; the stack under each row.
 *
 * One column table makes the header and the rows.
 */
import type { DropClass, DropEvent } from "../event.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { formatEndpoint, formatLocalTime, formatStack, harmless, reasonText } from "./text.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  /** Columns that the terminal must have for this one to be shown. */
  readonly from: number;
  readonly value: (event: DropEvent) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "TIME", width: 8, from: 0, value: (e) => formatLocalTime(e.timeNs) },
  { title: "PID", width: 7, from: 0, value: (e) => String(e.cpuPid) },
  { title: "IP", width: 2, from: 0, value: (e) => String(e.ip) },
  { title: "SADDR:SPORT", width: 20, from: 0, value: (e) => formatEndpoint(e.saddr, e.sport, e.ip) },
  { title: ">", width: 1, from: 0, value: () => ">" },
  { title: "DADDR:DPORT", width: 20, from: 0, value: (e) => formatEndpoint(e.daddr, e.dport, e.ip) },
  { title: "STATE (FLAGS)", width: 22, from: 0, value: (e) => `${e.state ?? "-"} (${e.flags === undefined ? "-" : e.flags.join("|")})` },
  { title: "REASON", width: 20, from: 0, value: (e) => harmless(reasonText(e)) },
  { title: "CLASS", width: 9, from: 120, value: (e) => e.class },
  { title: "DIR", width: 7, from: 120, value: (e) => (e.direction === "forwarded" ? "forward" : e.direction) },
  { title: "IFACE", width: 10, from: 140, value: (e) => harmless(e.ifname ?? (e.ifindex === undefined ? "-" : `#${e.ifindex}`)) },
  { title: "COMM", width: 15, from: 160, value: (e) => harmless(e.cpuComm) },
];

/** Without a stack the place must be told in the row. */
const LOCATION: Column = { title: "LOCATION", width: 0, from: 0, value: (e) => harmless(e.location) };

const SGR: Readonly<Record<DropClass, string>> = { loss: "\x1b[31m", duplicate: "\x1b[33m", refused: "\x1b[36m", normal: "\x1b[2m", copy: "\x1b[2m" };
const RESET = "\x1b[0m";

/** Where nobody tells the width, as in a pipe or a file. */
const DEFAULT_COLUMNS = 140;

export function tableSink({ stack, colour, columns = DEFAULT_COLUMNS }: SinkOptions): Sink {
  const shown = [...COLUMNS.filter((column) => column.from <= columns), ...(stack ? [] : [LOCATION])];
  const line = (cell: (column: Column) => string): string =>
    shown
      .map((column) => cell(column).padEnd(column.width))
      .join(" ")
      .trimEnd();
  return {
    name: "table",
    header: () => `${line((column) => column.title)}\n`,
    format(event) {
      if (event.type !== "drop") return "";
      const text = line((column) => column.value(event));
      const row = colour ? `${SGR[event.class]}${text}${RESET}\n` : `${text}\n`;
      return stack ? row + formatStack(event.stack ?? [event.location]) : row;
    },
  };
}
