/** Totals on request, on stderr: a signal or a key asks for them. */
import type { Run } from "../run/run.ts";
import type { TotalsOptions } from "../sinks/fitted-totals.ts";
import { formatTotals } from "../sinks/totals-table.ts";
import { STDERR, say } from "./print.ts";
import { sizeOf } from "./screen.ts";

export function sayTotals(run: Run, { all, sort }: Pick<TotalsOptions, "all" | "sort">): void {
  const size = sizeOf(STDERR);
  say(formatTotals(run.totals(), { all, sort, colour: false, columns: size?.columns, rows: size?.rows }));
}
