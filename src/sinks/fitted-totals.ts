/**
 * Totals that fit a terminal: columns as wide as what is in them, the location on a line of its own where the
 * width asks for that, and as many sites as there are lines for, the first ones with their advice.
 */
import type { DropClass, SiteCount } from "../model/index.ts";
import { paint } from "./paint.ts";
import { wrapWords } from "./wrap-words.ts";

/** A table of sites, in words. */
export interface TotalsTable {
  readonly head: string;
  readonly titles: readonly string[];
  /** So many of the cells are numbers. */
  readonly numbers: number;
  readonly rows: readonly TotalsRow[];
  /** What stands for rows that are left out. */
  readonly rest: (rows: readonly TotalsRow[]) => string;
}

export interface TotalsRow {
  readonly site: SiteCount;
  readonly cells: readonly string[];
  readonly advice: string;
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
export function fitTotals({ head, titles, numbers, rows, rest }: TotalsTable, screen: Screen): string {
  const { columns, colour } = screen;
  const lines = wrapWords(head, columns).split("\n");
  const left = (screen.rows ?? Number.POSITIVE_INFINITY) - 1 - lines.length - 1;
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[at]?.length ?? 0)),
  );
  const isNarrow = widths.reduce((sum, width) => sum + width + BETWEEN.length, -BETWEEN.length) > columns;
  const linesOfSite = isNarrow ? 2 : 1;
  const fitting = Math.max(1, Math.floor(left / linesOfSite));
  const shown =
    rows.length <= fitting ? rows : rows.slice(0, Math.max(1, Math.floor((left - 1) / linesOfSite)));
  const hidden = rows.slice(shown.length);
  let spare = left - shown.length * linesOfSite - (hidden.length > 0 ? 1 : 0);

  const format = (cells: readonly string[], dropClass?: DropClass): readonly string[] =>
    formatSite(cells, { widths, numbers, isNarrow, dropClass: colour ? dropClass : undefined });
  lines.push(...format(isNarrow ? titles.slice(0, -1) : titles));
  for (const { cells, site, advice } of shown) {
    const words = wrapWords(INDENT + advice, columns, INDENT).split("\n");
    lines.push(...format(cells, site.class));
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
  readonly isNarrow: boolean;
  /** Whose colour it has; undefined for none. */
  readonly dropClass: DropClass | undefined;
}

function formatSite(
  cells: readonly string[],
  { widths, numbers, isNarrow, dropClass }: Cells,
): readonly string[] {
  const last = widths.length - 1;
  const texts = cells.map((cell, at) => {
    const width = widths[at] ?? 0;
    const padding = " ".repeat(width - cell.length);
    if (at < numbers) return padding + cell;
    return (PAINTED.has(at) && dropClass !== undefined ? paint(cell, dropClass) : cell) + padding;
  });
  const first = texts
    .slice(0, isNarrow ? last : undefined)
    .join(BETWEEN)
    .trimEnd();
  const location = cells[last];
  return isNarrow && location !== undefined ? [first, INDENT + location] : [first];
}

/** Class and reason. */
const PAINTED: ReadonlySet<number> = new Set([5, 6]);
