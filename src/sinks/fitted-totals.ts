/**
 * Totals that fit a terminal: columns as wide as what is in them, the last one on a line of its own where the
 * width asks for that, and as many rows as there are lines for, the first ones with their advice.
 */
import type { DropClass } from "../model/index.ts";
import { paint } from "./paint.ts";
import type { SinkOptions } from "./sink.ts";
import { wrapWords } from "./wrap-words.ts";

/** A table of totals, in words. */
export interface TotalsTable {
  readonly head: string;
  readonly titles: readonly string[];
  /** So many of the cells are numbers, the first ones. */
  readonly numbers: number;
  /** Titles of the cells that have the class's colour. */
  readonly painted: ReadonlySet<string>;
  readonly rows: readonly TotalsRow[];
  /** What stands for rows that are left out. */
  readonly rest: (rows: readonly TotalsRow[]) => string;
}

export interface TotalsRow {
  readonly count: number;
  readonly class: DropClass | undefined;
  readonly cells: readonly string[];
  /** Undefined for none. */
  readonly advice: string | undefined;
}

export type TotalsOptions = Pick<SinkOptions, "all" | "colour" | "columns" | "rows" | "sort">;

/** What a table has beside its head. */
export interface TotalsBody extends Omit<TotalsTable, "head"> {
  /** Minimum widths where the output is no terminal. */
  readonly widths: readonly number[];
  /** Drops of all rows. */
  readonly sum: number;
  readonly perSecond: number;
  /** "at 3 sites". */
  readonly where: string;
  /** Drops that are not in the table. */
  readonly hidden: number;
}

export interface Screen {
  readonly columns: number;
  /** Undefined: of any height. */
  readonly rows?: number | undefined;
  readonly colour: boolean;
}

const BETWEEN = "  ";
const INDENT = "  ";

/** Whole lines, one less than the screen has: the cursor stands below them. */
export function fitTotals(table: TotalsTable, screen: Screen): string {
  const { head, titles, numbers, painted, rows, rest } = table;
  const { columns, colour } = screen;
  const lines = wrapWords(head, columns).split("\n");
  const left = (screen.rows ?? Number.POSITIVE_INFINITY) - 1 - lines.length - 1;
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[at]?.length ?? 0)),
  );
  const isNarrow = widths.reduce((sum, width) => sum + width + BETWEEN.length, -BETWEEN.length) > columns;
  const linesOfRow = isNarrow ? 2 : 1;
  const fitting = Math.max(1, Math.floor(left / linesOfRow));
  const shown =
    rows.length <= fitting ? rows : rows.slice(0, Math.max(1, Math.floor((left - 1) / linesOfRow)));
  const hidden = rows.slice(shown.length);
  let spare = left - shown.length * linesOfRow - (hidden.length > 0 ? 1 : 0);

  const format = (cells: readonly string[], dropClass?: DropClass): readonly string[] =>
    formatRow(cells, {
      widths,
      numbers,
      painted: titles.map((title) => painted.has(title)),
      isNarrow,
      dropClass: colour ? dropClass : undefined,
    });
  lines.push(...format(isNarrow ? titles.slice(0, -1) : titles));
  for (const { cells, class: dropClass, advice } of shown) {
    lines.push(...format(cells, dropClass));
    if (advice === undefined) continue;
    const words = wrapWords(INDENT + advice, columns, INDENT).split("\n");
    // The first ones have it: where there is no room for one, the next get none either.
    spare -= words.length;
    if (spare >= 0) lines.push(...words);
  }
  if (hidden.length > 0) lines.push(rest(hidden));
  return lines.map((line) => `${line}\n`).join("");
}

interface Cells {
  readonly widths: readonly number[];
  readonly numbers: number;
  readonly painted: readonly boolean[];
  readonly isNarrow: boolean;
  /** Whose colour it has; undefined for none. */
  readonly dropClass: DropClass | undefined;
}

function formatRow(
  cells: readonly string[],
  { widths, numbers, painted, isNarrow, dropClass }: Cells,
): readonly string[] {
  const last = widths.length - 1;
  const texts = cells.map((cell, at) => {
    const width = widths[at] ?? 0;
    const padding = " ".repeat(width - cell.length);
    if (at < numbers) return padding + cell;
    return (painted[at] === true && dropClass !== undefined ? paint(cell, dropClass) : cell) + padding;
  });
  const first = texts
    .slice(0, isNarrow ? last : undefined)
    .join(BETWEEN)
    .trimEnd();
  const location = cells[last];
  return isNarrow && location !== undefined ? [first, INDENT + location] : [first];
}
