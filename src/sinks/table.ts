/**
 * The table sink, for people. Its first columns are bcc's; how many follow depends on the width of the terminal.
 *
 * A narrow terminal (below 113 columns) gets two lines for each drop, broken after the addresses, and so does any row
 * that is too long for its terminal: then a wrap never tears a cell apart. Where the output is no terminal, every
 * column comes, on one line.
 */
import type { DropClass, RefusedEvent, TraceEvent } from "../event.ts";
import { plainText } from "./plain-text.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { formatStack } from "./stack-text.ts";
import type { Column } from "./table-columns.ts";
import { HEAD_COLUMNS, LOCATION_COLUMN, TAIL_COLUMNS } from "./table-columns.ts";
import type { TimeFormatter } from "./time-text.ts";
import { localTimeOfDay } from "./time-text.ts";
import { formatTotals } from "./totals-table.ts";

export function tableSink(options: SinkOptions): Sink {
  const layout = planLayout(options);
  const time = localTimeOfDay(layout.micros);
  const second = localTimeOfDay(false);
  return {
    name: "table",
    header() {
      const line = joinLines(
        layout,
        formatCells(layout.head, (column) => column.title),
        formatCells(layout.tail, (column) => column.title),
      );
      return options.colour ? line.replace(/[^\n]+/g, (part) => `${BOLD}${part}${RESET}`) : line;
    },
    format(event) {
      if (event.type === "totals") return formatTotals(event, second, options.all);
      if (event.type !== "drop" && event.type !== "refused") return "";
      const row = formatRow(event, layout, time, options.colour);
      if (!options.stack) return row;
      return row + (event.type === "drop" ? formatStack(event, plainText, STACK_OMITTED) : formatQueue(event));
    },
  };
}

/** Which columns a table has, and whether its rows are broken. */
export interface TableLayout {
  readonly head: readonly Column[];
  readonly tail: readonly Column[];
  readonly micros: boolean;
  readonly twoLines: boolean;
  readonly columns: number;
}

/** What a second line begins with. */
const INDENT = "  ";
/** ".123456" */
const MICROS_WIDTH = 7;

/** Decides once what fits. Cells longer than their column are dealt with row by row. */
export function planLayout(options: SinkOptions): TableLayout {
  const columns = options.columns ?? Number.POSITIVE_INFINITY;
  const offered = options.stack ? TAIL_COLUMNS : [...TAIL_COLUMNS, LOCATION_COLUMN];
  const always = offered.filter((column) => column.rank === undefined);
  const headWidth = widthOf(HEAD_COLUMNS) + 1;
  const twoLines = headWidth + widthOf(always) > columns;
  let left = columns - (twoLines ? INDENT.length : headWidth) - widthOf(always);
  const chosen = new Set(always);
  for (const column of offered.filter((candidate) => candidate.rank !== undefined).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))) {
    if (left < column.width + 1) continue;
    left -= column.width + 1;
    chosen.add(column);
  }
  const micros = !twoLines && left >= MICROS_WIDTH;
  const head = HEAD_COLUMNS.map((column, at) => (at === 0 && micros ? { ...column, width: column.width + MICROS_WIDTH } : column));
  return { head, tail: offered.filter((column) => chosen.has(column)), micros, twoLines, columns };
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, -1);
}

type Shown = Extract<TraceEvent, { readonly type: "drop" | "refused" }>;

function formatRow(event: Shown, layout: TableLayout, time: TimeFormatter, colour: boolean): string {
  const value = (column: Column): string => (event.type === "drop" ? column.value(event, time) : column.refused(event, time));
  const head = formatCells(layout.head, value);
  const tail = formatCells(layout.tail, value);
  if (!colour) return joinLines(layout, head, tail);
  return joinLines(layout, head, tail, formatCells(layout.tail, value, COLOUR_OF_CLASS[event.class]));
}

/** Where a drop has its stack. */
function formatQueue({ listener, source }: RefusedEvent): string {
  if (listener === undefined) return source === "listener" ? "\tthe listening socket is gone\n\n" : "\tthe buffer had no room to tell whose\n\n";
  return `\taccept queue: ${listener.acceptQueue}, backlog: ${listener.acceptQueueLimit}\n\n`;
}

/** The cells of a line, padded and joined; those of painted columns in `paint`, with the padding left plain. */
function formatCells(columns: readonly Column[], value: (column: Column) => string, paint?: string): string {
  let line = "";
  for (const column of columns) {
    const cell = value(column);
    const padding = " ".repeat(Math.max(0, column.width - cell.length) + 1);
    line += (paint !== undefined && column.painted ? `${paint}${cell}${RESET}` : cell) + padding;
  }
  return line.trimEnd();
}

/** One line, or two where it must be or the row is too long. `painted` is the tail with colour, which counts no width. */
function joinLines(layout: TableLayout, head: string, tail: string, painted: string = tail): string {
  const padded = head.padEnd(widthOf(layout.head));
  const broken = layout.twoLines || padded.length + 1 + tail.length > layout.columns;
  return broken ? `${head}\n${INDENT}${painted}\n` : `${padded} ${painted}\n`;
}

/** Behind the location, where the stack would be. */
const STACK_OMITTED = " (stack left out: too many a second here; --stacks all)";

const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
const RED = "\x1b[31m";
const YELLOW = "\x1b[33m";
const CYAN = "\x1b[36m";
const DIM = "\x1b[2m";

const COLOUR_OF_CLASS: Readonly<Record<DropClass, string>> = { loss: RED, refused: YELLOW, duplicate: CYAN, normal: DIM, copy: DIM };
