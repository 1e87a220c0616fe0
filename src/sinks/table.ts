/**
 * The table sink, for people. Its first columns are bcc's; how many follow depends on the width of the
 * terminal.
 *
 * A narrow terminal (below 113 columns) gets two lines for each drop, broken after the addresses, and so does
 * any row that is too long for its terminal: then a wrap never tears a cell apart. Where the output is no
 * terminal, every column comes, on one line.
 */
import { type Piece, piece, TextBytes } from "../bytes/text-bytes.ts";
import type { DropClass, Event, RefusedEvent } from "../model/index.ts";
import { CellText } from "./cell-text.ts";
import { plainText } from "./plain-text.ts";
import { makeSink, type Sink, type SinkOptions, textOf } from "./sink.ts";
import { stackWriter } from "./stack-text.ts";
import { type Column, HEAD_COLUMNS, LOCATION_COLUMN, TAIL_COLUMNS } from "./table-columns.ts";
import { localTimeOfDay } from "./time-text.ts";
import { formatTotals } from "./totals-table.ts";

export function tableSink(options: SinkOptions): Sink {
  const layout = planLayout(options);
  const rows = new RowWriter(layout, options.colour);
  const stack = stackWriter(plainText, STACK_OMITTED);
  const second = localTimeOfDay(false);
  return makeSink("table", formatHeader(layout, options.colour), (event, out) => {
    if (event.kind === "totals")
      out.text(formatTotals(event, (timeNs) => textOf((to) => second(timeNs, to)), options.all));
    if (event.kind !== "drop" && event.kind !== "refused") return;
    rows.write(event, out);
    if (!options.stack) return;
    if (event.kind === "drop") stack(event, out);
    else out.text(formatQueue(event));
  });
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
const BREAK = `\n${INDENT}`;
const BREAK_PIECE = piece(BREAK);
const NEWLINE = piece("\n");
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
  for (const column of offered
    .filter((candidate) => candidate.rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))) {
    if (left < column.width + 1) continue;
    left -= column.width + 1;
    chosen.add(column);
  }
  const micros = !twoLines && left >= MICROS_WIDTH;
  const head = HEAD_COLUMNS.map((column, at) =>
    at === 0 && micros ? { ...column, width: column.width + MICROS_WIDTH } : column,
  );
  return { head, tail: offered.filter((column) => chosen.has(column)), micros, twoLines, columns };
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, -1);
}

function formatHeader(layout: TableLayout, colour: boolean): string {
  const titles = (columns: readonly Column[]): string =>
    columns.map(({ title, width }) => title.padEnd(width)).join(" ");
  const line = `${titles(layout.head)}${layout.twoLines ? BREAK : " "}${titles(layout.tail)}`.replace(
    / +$/gm,
    "",
  );
  return `${colour ? line.replace(/[^\n]+/g, (part) => `${BOLD}${part}${RESET}`) : line}\n`;
}

/** Where a drop has its stack. */
function formatQueue({ detail, site }: RefusedEvent): string {
  const { acceptQueue, acceptQueueLimit } = detail;
  if (acceptQueue === undefined)
    return site.source === "listener"
      ? "\tthe listening socket is gone\n\n"
      : "\tthe buffer had no room to tell whose\n\n";
  return `\taccept queue: ${acceptQueue}, backlog: ${acceptQueueLimit}\n\n`;
}

type Shown = Event;

/** Writes rows: one line, or two where it must be or the row is too long. */
class RowWriter {
  readonly #layout: TableLayout;
  readonly #headWidth: number;
  readonly #colour: boolean;
  readonly #cell: CellText;

  constructor(layout: TableLayout, colour: boolean) {
    this.#layout = layout;
    this.#headWidth = widthOf(layout.head);
    this.#colour = colour;
    this.#cell = new CellText(new TextBytes(0), localTimeOfDay(layout.micros));
  }

  write(event: Shown, out: TextBytes): void {
    const start = out.length;
    this.#cell.out = out;
    const widthWritten = this.#line(event, out, this.#layout.twoLines);
    if (this.#layout.twoLines || widthWritten <= this.#layout.columns) return;
    out.cutAt(start);
    this.#line(event, out, true);
  }

  /** The row with its newline; how many characters wide it is. */
  #line(event: Shown, out: TextBytes, broken: boolean): number {
    const start = out.length;
    this.#cells(this.#layout.head, event, out, undefined);
    out.trimEnd(start);
    if (broken) out.put(BREAK_PIECE);
    else out.padTo(Math.max(out.length, start + this.#headWidth) + 1);
    const tail = out.length;
    const invisible = this.#cells(
      this.#layout.tail,
      event,
      out,
      this.#colour ? PAINTS[event.class] : undefined,
    );
    out.trimEnd(tail);
    const width = out.length - start - invisible;
    out.put(NEWLINE);
    return width;
  }

  /**
   * The cells of a line, padded; those of painted columns in `paint`, with the padding left plain. How many
   * bytes are not seen.
   */
  #cells(columns: readonly Column[], event: Shown, out: TextBytes, paint: Piece | undefined): number {
    let invisible = 0;
    for (const column of columns) {
      const painted = paint !== undefined && column.painted;
      if (painted) out.put(paint);
      const start = out.length;
      if (event.kind === "drop") column.drop(event, this.#cell);
      else column.refused(event, this.#cell);
      const width = out.length - start;
      if (painted) {
        out.put(RESET_PIECE);
        invisible += paint.length + RESET_PIECE.length;
      }
      out.padTo(out.length + Math.max(0, column.width - width) + 1);
    }
    return invisible;
  }
}

/** Behind the location, where the stack would be. */
const STACK_OMITTED = " (stack left out: too many a second here; --stacks all)";

const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
const RED = "\x1b[31m";
const YELLOW = "\x1b[33m";
const CYAN = "\x1b[36m";
const DIM = "\x1b[2m";

const RESET_PIECE = piece(RESET);
const PAINTS: Readonly<Record<DropClass, Piece>> = {
  loss: piece(RED),
  refused: piece(YELLOW),
  duplicate: piece(CYAN),
  normal: piece(DIM),
  copy: piece(DIM),
};
