/**
 * The table sink, for people. Its first columns are bcc's; how many follow depends on the width of the
 * terminal.
 *
 * A narrow terminal (below 113 columns) gets two lines for each drop, broken after the addresses, and so does
 * any row that is too long for its terminal: then a wrap never tears a cell apart. Where the output is no
 * terminal, every column comes, on one line.
 */
import type { RefusedEvent } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import { plainText } from "./plain-text.ts";
import { makeSink, type Sink, type SinkOptions, textOf } from "./sink.ts";
import { stackWriter } from "./stack-text.ts";
import type { Column } from "./table-columns.ts";
import { BREAK, planLayout, type TableLayout } from "./table-layout.ts";
import { RowWriter } from "./table-rows.ts";
import { localTimeOfDay } from "./time-text.ts";
import { formatTotals } from "./totals-table.ts";

export function tableSink(options: SinkOptions): Sink {
  const layout = planLayout(options);
  const rows = new RowWriter(layout, options.colour);
  const stack = stackWriter(plainText, STACK_OMITTED);
  const second = localTimeOfDay(false);
  return makeSink("table", formatHeader(layout, options.colour), (item, out) => {
    if (item.kind === "totals")
      out.text(formatTotals(item, (timeNs) => textOf((to) => second(timeNs, to)), options.all));
    if (!isEvent(item)) return;
    rows.write(item, out);
    if (!options.stack) return;
    if (item.kind === "drop") stack(item, out);
    else out.text(formatQueue(item));
  });
}

function formatHeader(layout: TableLayout, colour: boolean): string {
  const titles = (columns: readonly Column[]): string =>
    columns.map(({ title, width }) => title.padEnd(width)).join(" ");
  const line = `${titles(layout.head)}${layout.twoLines ? BREAK : " "}${titles(layout.tail)}`.replace(
    / +$/gm,
    "",
  );
  return `${colour ? line.replace(/[^\n]+/g, (part) => `${BOLD}${part}${RESET}`) : line}\n`;
}

/** Where a drop has its stack. */
function formatQueue({ detail, site }: RefusedEvent): string {
  const { acceptQueue, acceptQueueLimit } = detail;
  if (acceptQueue === undefined)
    return site.source === "listener"
      ? "\tthe listening socket is gone\n\n"
      : "\tthe buffer had no room for whose they were\n\n";
  return `\taccept queue: ${acceptQueue}, backlog: ${acceptQueueLimit}\n\n`;
}

/** Behind the location, where the stack would be. */
const STACK_OMITTED = " (stack omitted: rate limit; --stacks all)";

const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
