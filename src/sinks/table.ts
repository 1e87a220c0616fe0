/**
 * The table sink, for people. Its first columns are bcc's; how many follow depends on the width of the
 * terminal (table-layout.ts).
 *
 * A row takes two lines where one has not room for all columns, and more where its own cells are too long: it
 * is broken between cells, so that no terminal breaks one. Where the output is no terminal, every column
 * comes, on one line.
 */
import { isEvent } from "../model/is-event.ts";
import { byKind } from "../model/kinds.ts";
import { kindText } from "./kind-text.ts";
import { bold } from "./paint.ts";
import { makeSink, type Sink, type SinkOptions } from "./sink.ts";
import { INDENT, planLayout, type TableLayout } from "./table-layout.ts";
import { RowWriter } from "./table-rows.ts";
import { formatTotals } from "./totals-table.ts";

export function tableSink(options: SinkOptions): Sink {
  const layout = planLayout(options);
  const rows = new RowWriter(layout, options.colour);
  const under = byKind((kind) => kindText(kind).under(options));
  return makeSink("table", formatHeader(layout, options.colour), (item, out) => {
    if (item.kind === "totals") out.text(formatTotals(item, options));
    if (!isEvent(item)) return;
    rows.write(item, out);
    if (options.stack) under[item.kind](item, out);
  });
}

function formatHeader({ lines }: TableLayout, colour: boolean): string {
  return lines
    .map((columns, line) => {
      const titles = columns
        .map(({ title, width }) => title.padEnd(width))
        .join(" ")
        .trimEnd();
      const text = `${line === 0 ? "" : INDENT}${titles}`;
      return `${colour ? bold(text) : text}\n`;
    })
    .join("");
}
