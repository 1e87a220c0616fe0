/**
 * A row whose cells are too long for the lines of its layout. Padding goes first, from the right; where that
 * is not enough, the row is broken between cells, and a cell that is longer than a line between its words.
 */
import { ByteWriter } from "../bytes/byte-writer.ts";
import type { DropClass, Event } from "../model/index.ts";
import type { CellText } from "./cell-text.ts";
import { PAINTS, RESET } from "./paint.ts";
import type { Column } from "./table-columns.ts";
import { INDENT, type TableLayout } from "./table-layout.ts";
import { wrapWords } from "./wrap-words.ts";

/** A cell as text, and how many characters it takes without the space behind it. */
export interface Cell {
  readonly text: string;
  readonly isPainted: boolean;
  readonly width: number;
}

export class WrappedRow {
  readonly #layout: TableLayout;
  readonly #colour: boolean;
  readonly #cell: CellText;
  readonly #scratch = new ByteWriter(256);

  constructor(layout: TableLayout, colour: boolean, cell: CellText) {
    this.#layout = layout;
    this.#colour = colour;
    this.#cell = cell;
  }

  /** With its newline. */
  write(event: Event, out: ByteWriter): void {
    const { columns, lines } = this.#layout;
    const planned = lines.map((line) => this.#cells(line, event));
    const wrapped = planned.flatMap((cells, line) => {
      const indent = line === 0 ? 0 : INDENT.length;
      const squeezed = squeeze(cells, columns - indent);
      return squeezed === undefined ? wrap(cells, columns, indent) : [squeezed];
    });
    for (const [line, cells] of wrapped.entries()) {
      if (line > 0) out.text(INDENT);
      writeLine(cells, event.class, out);
    }
  }

  #cells(columns: readonly Column[], event: Event): readonly Cell[] {
    const scratch = this.#scratch;
    this.#cell.out = scratch;
    return columns.map(({ write, width, painted }) => {
      scratch.cutAt(0);
      write(event, this.#cell);
      const text = scratch.toString();
      return { text, isPainted: this.#colour && painted === true, width: Math.max(width, text.length) };
    });
  }
}

/** Lines of cells, each on as many as it needs. */
export function writeWrapped(
  lines: readonly (readonly Cell[])[],
  columns: number,
  dropClass: DropClass,
  out: ByteWriter,
): void {
  const wrapped = lines.flatMap((cells, line) => wrap(cells, columns, line === 0 ? 0 : INDENT.length));
  for (const [line, part] of wrapped.entries()) {
    if (line > 0) out.text(INDENT);
    writeLine(part, dropClass, out);
  }
}

function writeLine(cells: readonly Cell[], dropClass: DropClass, out: ByteWriter): void {
  for (const [at, { text, isPainted, width }] of cells.entries()) {
    if (isPainted) out.append(PAINTS[dropClass]);
    out.text(text);
    if (isPainted) out.append(RESET);
    if (at < cells.length - 1) out.padTo(out.length + width - text.length + 1);
  }
  out.text("\n");
}

/** The cells with as much less padding as makes them fit; undefined where that is not enough. */
function squeeze(cells: readonly Cell[], width: number): readonly Cell[] | undefined {
  const last = cells.at(-1);
  if (last === undefined) return cells;
  let excess = lengthOf(cells) - (last.width - last.text.length) - width;
  const squeezed = cells.toReversed().map((cell) => {
    const less = Math.max(0, Math.min(excess, cell === last ? 0 : cell.width - cell.text.length));
    excess -= less;
    return { ...cell, width: cell.width - less };
  });
  return excess > 0 ? undefined : squeezed.reverse();
}

/** Lines of cells, none longer than `columns` unless it is a single cell. */
function wrap(cells: readonly Cell[], columns: number, indent: number): readonly (readonly Cell[])[] {
  const lines: Cell[][] = [[]];
  let at = indent;
  for (const cell of cells.flatMap((one) => byWords(one, columns - INDENT.length))) {
    const line = lines.at(-1) ?? [];
    if (line.length > 0 && at + cell.text.length > columns) {
      lines.push([cell]);
      at = INDENT.length;
    } else line.push(cell);
    at += cell.width + 1;
  }
  return lines;
}

/** A sentence takes several lines; what has no spaces stays whole. */
function byWords(cell: Cell, columns: number): readonly Cell[] {
  if (cell.text.length <= columns) return [cell];
  return wrapWords(cell.text, columns, "")
    .split("\n")
    .map((text) => ({ ...cell, text, width: text.length }));
}

export function lengthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width + 1, -1);
}
