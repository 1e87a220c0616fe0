/** Which columns a table has, and whether its rows are broken: decided once. */
import { HEAD_END } from "../model/fields/index.ts";
import type { SinkOptions } from "./sink.ts";
import { COLUMNS, type Column } from "./table-columns.ts";

export interface TableLayout {
  readonly head: readonly Column[];
  readonly tail: readonly Column[];
  readonly micros: boolean;
  readonly twoLines: boolean;
  readonly columns: number;
}

/** What a second line begins with. */
const INDENT = "  ";
export const BREAK = `\n${INDENT}`;
/** ".123456" */
const MICROS_WIDTH = 7;

/** Who sent what to whom: 65 characters for every address of version 4, so that this never wraps. */
const HEAD = COLUMNS.filter(({ at }) => at < HEAD_END);
const TAIL = COLUMNS.filter(({ at }) => at >= HEAD_END);

/** Decides what fits. Cells longer than their column are dealt with row by row. */
export function planLayout(options: SinkOptions): TableLayout {
  const columns = options.columns ?? Number.POSITIVE_INFINITY;
  const offered = TAIL.filter(({ onlyWithoutStack }) => !(options.stack && onlyWithoutStack === true));
  const always = offered.filter((column) => column.rank === undefined);
  const headWidth = widthOf(HEAD) + 1;
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
  const head = HEAD.map((column, at) =>
    at === 0 && micros ? { ...column, width: column.width + MICROS_WIDTH } : column,
  );
  return { head, tail: offered.filter((column) => chosen.has(column)), micros, twoLines, columns };
}

export function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, -1);
}
