/** `tcpdrop help TOPIC`: what --help has no room for. */
import { EXIT, UsageError } from "../../errors.ts";
import { nearest } from "../../filter-language/index.ts";
import { COLUMN_NAMES } from "../../model/fields/index.ts";
import { type Column, columnsNamed } from "../../sinks/table-columns.ts";
import { wrapWords } from "../../sinks/wrap-words.ts";
import { DOC_PAGES, docPage } from "../doc-pages.ts";
import { print } from "../print.ts";
import { shownText } from "../settings.ts";

export const HELP_TOPICS: readonly string[] = ["columns", ...Object.keys(DOC_PAGES)];

/** Prints the topic; the exit code. `commands` are names that have help of their own. */
export function runHelp(topic: string, commands: readonly string[]): number {
  const text = topic === "columns" ? formatColumns() : docPage(topic);
  if (text === undefined) {
    const near = nearest(topic, [...HELP_TOPICS, ...commands]);
    const meant = near.length > 0 ? `Did you mean ${near.join(", ")}? ` : "";
    throw new UsageError(`There is no help for ${shownText(JSON.stringify(topic))}`, {
      hint: `${meant}Topics are ${HELP_TOPICS.join(", ")}; and the commands`,
    });
  }
  print(text);
  return EXIT.done;
}

const COLUMNS = 100;

const ABOUT = [
  "Columns of the table, for --columns LIST: names with commas between them, in the order wanted. A name may " +
    "also be the title, or the word that filters have for it (iface, unit). The arrow comes by itself between " +
    "src and dst. Without --columns the table has the columns of bcc's tcpdrop first, and as many of the " +
    "others as fit the terminal.",
  "OWNER is whose the segment was: the process that holds the socket, or its container, pod or unit. PID is " +
    "the process that was on the CPU when the kernel dropped the segment: often an unrelated one; narrow " +
    "terminals leave it out. tcpdrop help owners says more.",
];

function formatColumns(): string {
  const columns = columnsNamed(COLUMN_NAMES).toSorted((one, other) => one.at - other.at);
  const widths = {
    name: Math.max(...columns.map(({ name }) => name.length)),
    title: Math.max(...columns.map(({ title }) => title.length)),
  };
  const rows = columns
    .filter(({ name }) => name !== "arrow")
    .map((column) => formatColumn(column, widths.name, widths.title));
  const about = ABOUT.map((text) => wrapWords(text, COLUMNS, ""));
  return `${about.join("\n\n")}\n\n${rows.join("\n")}\n`;
}

function formatColumn({ name, title, doc }: Column, nameWidth: number, titleWidth: number): string {
  const start = `  ${name.padEnd(nameWidth)}  ${title.padEnd(titleWidth)}  `;
  return wrapWords(start + doc.replaceAll("`", ""), COLUMNS, " ".repeat(start.length));
}
