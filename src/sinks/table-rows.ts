/** Rows of the table, each on the lines of its layout; a row that is too long for them is wrapped. */
import { ByteWriter, type Encoded, encoded } from "../bytes/byte-writer.ts";
import { HEAD_END, SHARED_GROUPS } from "../model/fields/index.ts";
import type { Event } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { CellText } from "./cell-text.ts";
import { kindText } from "./kind-text.ts";
import { PAINTS, RESET } from "./paint.ts";
import type { Column } from "./table-columns.ts";
import { INDENT, type TableLayout, widthOf } from "./table-layout.ts";
import { localTimeOfDay } from "./time-text.ts";
import { WrappedRow } from "./wrapped-row.ts";

const BREAK = encoded(`\n${INDENT}`);
const NEWLINE = encoded("\n");

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
  readonly #columns: number;
  readonly #headWidth: number;
  readonly #cell: CellText;
  /** Of the first line. */
  readonly #head: readonly Cells[];
  /** Behind it on the same line, which an overlong head pushes to the right. */
  readonly #tail: readonly Cells[];
  readonly #below: readonly (readonly Cells[])[];
  readonly #wrapped: WrappedRow;

  constructor(layout: TableLayout, colour: boolean) {
    const [first = [], ...below] = layout.lines;
    const head = layout.hasHead ? first.filter(({ at }) => at < HEAD_END) : [];
    this.#columns = layout.columns;
    this.#headWidth = widthOf(head);
    this.#cell = new CellText(new ByteWriter(0), localTimeOfDay(layout.micros));
    this.#head = cellsOf(head, false);
    this.#tail = cellsOf(first.slice(head.length), colour);
    this.#below = below.map((columns) => cellsOf(columns, colour));
    this.#wrapped = new WrappedRow(layout, colour, this.#cell);
  }

  write(event: Event, out: ByteWriter): void {
    const start = out.length;
    this.#cell.out = out;
    let fits = this.#first(event, out);
    for (const cells of this.#below) fits = this.#line(cells, event, out) && fits;
    if (fits) return out.append(NEWLINE);
    out.cutAt(start);
    this.#wrapped.write(event, out);
  }

  /** False where it is too long, as of the other lines. */
  #first(event: Event, out: ByteWriter): boolean {
    const start = out.length;
    this.#write(this.#head, event, out);
    out.trimEnd(start);
    if (this.#head.length > 0 && this.#tail.length > 0)
      out.padTo(Math.max(out.length, start + this.#headWidth) + 1);
    const tail = out.length;
    const invisible = this.#write(this.#tail, event, out);
    out.trimEnd(tail);
    return out.length - start - invisible <= this.#columns;
  }

  #line(cells: readonly Cells[], event: Event, out: ByteWriter): boolean {
    out.append(BREAK);
    const start = out.length;
    const invisible = this.#write(cells, event, out);
    out.trimEnd(start);
    return out.length - start + INDENT.length - invisible <= this.#columns;
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
