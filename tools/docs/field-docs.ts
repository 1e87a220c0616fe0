/** The reference tables of docs/output.md, rendered from the field registry and the columns of the table. */
import {
  ADVICE_FIELDS,
  FINDING_FIELDS,
  type Field,
  fieldsOf,
  LOST_FIELDS,
  NOT_EVALUATED_FIELDS,
  OUTPUT_FIELDS,
  OWNER_COUNT_FIELDS,
  OWNER_SUM_FIELDS,
  REASON_COUNT_FIELDS,
  SITE_COUNT_FIELDS,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "../../src/model/fields/index.ts";
import { KINDS } from "../../src/model/index.ts";
import { EXPLANATION_FIELDS, RECONCILE_FIELDS } from "../../src/sinks/reconcile-fields.ts";
import { SINKS } from "../../src/sinks/registry.ts";
import { COLUMNS } from "../../src/sinks/table-columns.ts";

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
    ...KINDS.map((kind) => [kind, fieldTable(fieldsOf(kind))] as const),
    ["lost", fieldTable(LOST_FIELDS)],
    ["reconcile", fieldTable(RECONCILE_FIELDS)],
    ["explanation", fieldTable(EXPLANATION_FIELDS)],
    ["totals", fieldTable(TOTALS_FIELDS)],
    ["site", fieldTable(SITE_COUNT_FIELDS)],
    ["owner_sum", fieldTable(OWNER_SUM_FIELDS)],
    ["finding", fieldTable(FINDING_FIELDS)],
    ["advice", fieldTable(ADVICE_FIELDS)],
    ["owner", fieldTable(OWNER_COUNT_FIELDS)],
    ["not_evaluated", fieldTable(NOT_EVALUATED_FIELDS)],
    ["summary", fieldTable(SUMMARY_FIELDS)],
    ["output", fieldTable(OUTPUT_FIELDS)],
    ["reason_count", fieldTable(REASON_COUNT_FIELDS)],
  ]);
}

function columnTable(): string {
  return markdownTable(
    ["column", "width", "shown", "what it is"],
    COLUMNS.filter(({ doc }) => doc !== "").map(({ title, width, rank, doc }) => [
      `\`${title}\``,
      String(width),
      rank === undefined ? "always" : `where there is room (${rank})`,
      doc,
    ]),
  );
}

function fieldTable(fields: readonly Field<never>[]): string {
  return markdownTable(
    ["field", "type", "always there", "what it is"],
    fields.map((field) => [
      `\`${field.name}\``,
      typeText(field),
      field.optional === true ? "" : "yes",
      field.doc,
    ]),
  );
}

function typeText(field: Field<never>): string {
  switch (field.type) {
    case "text":
      return field.oneOf === undefined ? "string" : field.oneOf.map((word) => `\`"${word}"\``).join(", ");
    case "address":
      return "string";
    case "decimal":
      return "string of decimal digits";
    case "time":
      return "RFC 3339, UTC, microseconds";
    case "words":
      return `array of ${field.oneOf.map((word) => `\`"${word}"\``).join(", ")}`;
    case "texts":
      return "array of strings";
    case "objects":
      return "array of objects, see below";
    case "number":
      return "number";
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
