/** The reference tables of docs/output.md, rendered from the tables that the sinks use. */
import type { Field } from "../../src/sinks/field.ts";
import {
  DROP_FIELDS,
  EXPLANATION_FIELDS,
  LOST_FIELDS,
  PLACE_FIELDS,
  REASON_COUNT_FIELDS,
  RECONCILE_FIELDS,
  REFUSED_FIELDS,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "../../src/sinks/fields.ts";
import { SINKS } from "../../src/sinks/registry.ts";
import { HEAD_COLUMNS, LOCATION_COLUMN, TAIL_COLUMNS } from "../../src/sinks/table-columns.ts";

/** Markdown by the name of its marker in docs/output.md. */
export function outputTables(): ReadonlyMap<string, string> {
  return new Map([
    [
      "formats",
      markdownTable(
        ["`--format`", "what it is"],
        SINKS.map((sink) => [`\`${sink.name}\``, sink.doc]),
      ),
    ],
    ["columns", columnTable()],
    ["drop", fieldTable(DROP_FIELDS)],
    ["refused", fieldTable(REFUSED_FIELDS)],
    ["lost", fieldTable(LOST_FIELDS)],
    ["reconcile", fieldTable(RECONCILE_FIELDS)],
    ["explanation", fieldTable(EXPLANATION_FIELDS)],
    ["totals", fieldTable(TOTALS_FIELDS)],
    ["place", fieldTable(PLACE_FIELDS)],
    ["summary", fieldTable(SUMMARY_FIELDS)],
    ["reason_count", fieldTable(REASON_COUNT_FIELDS)],
  ]);
}

function columnTable(): string {
  const columns = [...HEAD_COLUMNS, ...TAIL_COLUMNS, LOCATION_COLUMN].filter((column) => column.doc !== "");
  return markdownTable(
    ["column", "width", "shown", "what it is"],
    columns.map((column) => [
      `\`${column.title}\``,
      String(column.width),
      column.rank === undefined ? "always" : `where there is room (${column.rank})`,
      column.doc,
    ]),
  );
}

function fieldTable<E>(fields: readonly Field<E>[]): string {
  return markdownTable(
    ["field", "type", "always there", "what it is"],
    fields.map((field) => [`\`${field.name}\``, typeText(field), field.optional ? "" : "yes", field.doc]),
  );
}

function typeText<E>(field: Field<E>): string {
  switch (field.type) {
    case "text":
      return field.oneOf === undefined ? "string" : field.oneOf.map((word) => `\`"${word}"\``).join(", ");
    case "decimal":
      return "string of decimal digits";
    case "time":
      return "RFC 3339, UTC, microseconds";
    case "words":
      return `array of ${field.oneOf.map((word) => `\`"${word}"\``).join(", ")}`;
    case "texts":
      return "array of strings";
    case "reasons":
    case "places":
    case "explanations":
      return "array of objects, see below";
    case "counts":
      return "object of integers";
    default:
      return field.type;
  }
}

/** Escapes vertical bars in cells. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), `|${titles.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
