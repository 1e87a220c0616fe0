/** Rows of the table: one line, or two where it must be or the row is too long. */
import { ByteWriter, type Encoded, encoded } from "../bytes/byte-writer.ts";
import { SHARED_GROUPS } from "../model/fields/index.ts";
import type { DropClass, Event } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { CellText } from "./cell-text.ts";
import { kindText } from "./kind-text.ts";
import type { Column } from "./table-columns.ts";
import { BREAK, type TableLayout, widthOf } from "./table-layout.ts";
import { localTimeOfDay } from "./time-text.ts";

const BREAK_PIECE = encoded(BREAK);
const NEWLINE = encoded("\n");
const RESET = encoded("\x1b[0m");
const DIM = encoded("\x1b[2m");
const PAINTS: Readonly<Record<DropClass, Encoded>> = {
  loss: encoded("\x1b[31m"),
  refused: encoded("\x1b[33m"),
  duplicate: encoded("\x1b[36m"),
  normal: DIM,
  copy: DIM,
};

/** Neighbouring cells that are written together: for each object that they show, once. */
interface Cells {
  readonly columns: readonly Column[];
  /** What they show, where events share it. */
  readonly of: ((event: Event) => object | undefined) | undefined;
  readonly pieces: KeptFor<Encoded>;
  /** One cell alone, whose padding stays plain. */
  readonly isPainted: boolean;
}

export class RowWriter {
  readonly #layout: TableLayout;
  readonly #headWidth: number;
  readonly #cell: CellText;
  readonly #head: readonly Cells[];
  readonly #tail: readonly Cells[];

  constructor(layout: TableLayout, colour: boolean) {
    this.#layout = layout;
    this.#headWidth = widthOf(layout.head);
    this.#cell = new CellText(new ByteWriter(0), localTimeOfDay(layout.micros));
    this.#head = cellsOf(layout.head, false);
    this.#tail = cellsOf(layout.tail, colour);
  }

  write(event: Event, out: ByteWriter): void {
    const start = out.length;
    this.#cell.out = out;
    const widthWritten = this.#line(event, out, this.#layout.twoLines);
    if (this.#layout.twoLines || widthWritten <= this.#layout.columns) return;
    out.cutAt(start);
    this.#line(event, out, true);
  }

  /** The row with its newline; how many characters wide it is. */
  #line(event: Event, out: ByteWriter, broken: boolean): number {
    const start = out.length;
    this.#write(this.#head, event, out);
    out.trimEnd(start);
    if (broken) out.append(BREAK_PIECE);
    else out.padTo(Math.max(out.length, start + this.#headWidth) + 1);
    const tail = out.length;
    const invisible = this.#write(this.#tail, event, out);
    out.trimEnd(tail);
    const width = out.length - start - invisible;
    out.append(NEWLINE);
    return width;
  }

  /** How many bytes are not seen. */
  #write(all: readonly Cells[], event: Event, out: ByteWriter): number {
    let invisible = 0;
    for (const cells of all) {
      if (cells.isPainted) invisible += this.#painted(cells, event, out);
      else this.#cells(cells, event, out);
    }
    return invisible;
  }

  #painted(cells: Cells, event: Event, out: ByteWriter): number {
    const paint = PAINTS[event.class];
    out.append(paint);
    const start = out.length;
    this.#cells(cells, event, out);
    const width = out.length - start;
    out.append(RESET);
    out.padTo(out.length + Math.max(0, (cells.columns[0]?.width ?? 0) - width) + 1);
    return paint.length + RESET.length;
  }

  #cells({ columns, of, pieces, isPainted }: Cells, event: Event, out: ByteWriter): void {
    const object = of === undefined || !kindText(event.kind).sharesCells ? undefined : of(event);
    const known = object === undefined ? undefined : pieces.get(object);
    if (known !== undefined) {
      out.append(known);
      return;
    }
    const at = out.length;
    for (const { write, width } of columns) {
      const start = out.length;
      write(event, this.#cell);
      if (!isPainted) out.padTo(Math.max(out.length, start + width) + 1);
    }
    if (object !== undefined && pieces.keeps(object)) pieces.set(object, out.encodedFrom(at));
  }
}

function cellsOf(columns: readonly Column[], paint: boolean): readonly Cells[] {
  const runs: Column[][] = [];
  for (const column of columns) {
    const last = runs.at(-1);
    const isAlone = paint && (column.painted === true || last?.[0]?.painted === true);
    if (!isAlone && last?.[0]?.group === column.group) last.push(column);
    else runs.push([column]);
  }
  return runs.map((run) => ({
    columns: run,
    of: groupOf(run[0]),
    pieces: new KeptFor(),
    isPainted: paint && run[0]?.painted === true,
  }));
}

function groupOf(column: Column | undefined): Cells["of"] {
  const group = column?.group ?? "event";
  return group in SHARED_GROUPS ? SHARED_GROUPS[group as keyof typeof SHARED_GROUPS] : undefined;
}
