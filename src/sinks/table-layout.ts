/**
 * Which columns a table has, and on which lines: decided once for a width.
 *
 * The columns flow over the lines of a row in their order, as words do over a page. Those without a rank are
 * always there; the others come by rank, as long as a row takes two lines at most. So a wider terminal shows
 * all that a narrower one does.
 */
import type { SinkOptions } from "./sink.ts";
import { COLUMNS, type Column, columnsNamed } from "./table-columns.ts";

export interface TableLayout {
  /** The columns of each line of a row. */
  readonly lines: readonly (readonly Column[])[];
  readonly micros: boolean;
  /** Of the terminal; no line of a row is to be longer. */
  readonly columns: number;
  /** The first columns are bcc's, which stand together whatever their cells hold. */
  readonly hasHead: boolean;
}

/** What every line of a row but the first begins with. */
export const INDENT = "  ";
/** ".123456" */
const MICROS_WIDTH = 7;
const MOST_LINES = 2;
/** Most locations are no longer than this; the least width of their column is for narrow terminals. */
const LOCATION_WIDTH = 28;

/** Decides what fits. Cells longer than their column are dealt with row by row. */
export function planLayout({ columns: width, stack, owners, chosen: names }: SinkOptions): TableLayout {
  const columns = width ?? Number.POSITIVE_INFINITY;
  if (names !== undefined) return chosenLayout(columnsNamed(names), columns);
  const offered = (owners === false ? WITHOUT_OWNER : COLUMNS).filter(
    ({ onlyWithoutStack }) => !(stack && onlyWithoutStack === true),
  );
  const always = offered.filter(({ rank }) => rank === undefined);
  const micros = columns >= widthOf(withMicros(offered.slice(0, BEFORE_REASON)));
  const lines = (chosen: ReadonlySet<Column>): Lines => {
    const shown = offered.filter((column) => chosen.has(column));
    return flow(micros ? withMicros(shown) : shown, columns);
  };
  let chosen: ReadonlySet<Column> = new Set(always);
  let best = lines(chosen);
  for (const column of offered.filter(({ rank }) => rank !== undefined).sort(byRank)) {
    chosen = new Set([...chosen, column]);
    const more = lines(chosen);
    if (more.length > MOST_LINES) break;
    best = more;
  }
  return { lines: best, micros, columns, hasHead: true };
}

/** All that was asked for, on as many lines as that takes. */
function chosenLayout(chosen: readonly Column[], columns: number): TableLayout {
  const precise = withMicros(chosen);
  const micros = widthOf(precise) <= columns;
  return { lines: broken(micros ? precise : chosen, columns), micros, columns, hasHead: false };
}

/** The process on the CPU makes room for whose it is, and for nothing else. */
const WITHOUT_OWNER = COLUMNS.filter(({ name }) => name !== "owner").map((column): Column => {
  const { rank: _rank, ...always } = column;
  return column.name === "cpu_pid" ? always : column;
});

type Lines = readonly (readonly Column[])[];

/** bcc's first columns: where they fit into one line with microseconds, the time has those. */
const BEFORE_REASON = COLUMNS.findIndex(({ name }) => name === "reason");

function byRank(one: Column, other: Column): number {
  return (one.rank ?? 0) - (other.rank ?? 0);
}

function withMicros(columns: readonly Column[]): readonly Column[] {
  return columns.map((column) =>
    column.name === "time" ? { ...column, width: column.width + MICROS_WIDTH } : column,
  );
}

/** With room for most locations, where that takes no line more than a row has. */
function flow(columns: readonly Column[], width: number): Lines {
  const roomy = columns.map((column) =>
    column.onlyWithoutStack === true ? { ...column, width: LOCATION_WIDTH } : column,
  );
  const lines = broken(roomy, width);
  return lines.length <= MOST_LINES || hasRank(columns) ? lines : broken(columns, width);
}

function hasRank(columns: readonly Column[]): boolean {
  return columns.some(({ rank }) => rank !== undefined);
}

/** Begins a new line where the next column would end beyond the width. */
function broken(columns: readonly Column[], width: number): Lines {
  const lines: Column[][] = [];
  let at = Number.POSITIVE_INFINITY;
  for (const column of columns) {
    at += 1 + column.width;
    if (at > width || lines.length === 0) {
      lines.push([]);
      at = (lines.length > 1 ? INDENT.length : 0) + column.width;
    }
    lines.at(-1)?.push(column);
  }
  return lines;
}

export function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, -1);
}
