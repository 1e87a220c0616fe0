/**
 * Totals as a table for people: on a terminal each table replaces the one before, and fits it
 * (fitted-totals.ts); elsewhere they follow each other. What is in it is by site (site-totals.ts), or by owner
 * (owner-totals.ts).
 */
import { plural } from "../findings/index.ts";
import type { TotalsNotice } from "../model/index.ts";
import {
  fitTotals,
  type TotalsBody,
  type TotalsOptions,
  type TotalsRow,
  type TotalsTable,
} from "./fitted-totals.ts";
import { ownersTable } from "./owner-totals.ts";
import { rateNumber } from "./rate-text.ts";
import { sitesTable } from "./site-totals.ts";
import { timeText } from "./totals-time.ts";

/** Rows of their own. */
const MAX_ROWS = 20;

/** Whole lines. What is harmless only with `all`. */
export function formatTotals(notice: TotalsNotice, options: TotalsOptions): string {
  const { owners, sites } = notice;
  const body = owners === undefined ? sitesTable(sites, options) : ownersTable(owners, options);
  const table = { ...body, head: headOf(notice, body) };
  return options.columns === undefined
    ? formatWhole(table, body.widths)
    : fitTotals(table, { ...options, columns: options.columns });
}

function headOf({ timeNs, ofRun, totals }: TotalsNotice, body: TotalsBody): string {
  const { sum, perSecond, where, hidden } = body;
  const rate = `${rateNumber(perSecond)}/s${ofRun === true ? " over the run" : ""}`;
  const head = [`${timeText(timeNs)}  ${plural(sum, "drop")}, ${rate}, ${where}`];
  if (hidden > 0) head.push(`harmless, not in the table: ${hidden}`);
  if (totals.filtered > 0) head.push(`filtered: ${totals.filtered}`);
  return head.join("; ");
}

function formatWhole({ head, titles, numbers, rows, rest }: TotalsTable, widths: readonly number[]): string {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at < numbers ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  const lines = [head, line(titles), ...rows.slice(0, MAX_ROWS).flatMap((row) => linesOf(row, line))];
  const left = rows.slice(MAX_ROWS);
  if (left.length > 0) lines.push(rest(left));
  return `${lines.join("\n")}\n\n`;
}

function linesOf(
  { cells, advice }: TotalsRow,
  line: (cells: readonly string[]) => string,
): readonly string[] {
  return advice === undefined ? [line(cells)] : [line(cells), `  ${advice}`];
}
