/**
 * Renders schema/tcpdrop-event.schema.json and the tables of docs/output.md from the tables of the sinks,
 * those of docs/usage.md from the settings, those of docs/filters.md from the primitives of the filter
 * language, docs/findings.md from the rules, and src/sinks/event-lines.gen.ts, the fields of an event's line
 * written out.
 *
 *     node dist/tools/render-fields.js           writes them
 *     node dist/tools/render-fields.js --check   exits with 1 if they are stale
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable, outputTables } from "./docs/field-docs.ts";
import { filterTables } from "./docs/filter-docs.ts";
import { findingsPage } from "./docs/findings-page.ts";
import { flagTables } from "./docs/flag-docs.ts";
import { eventSchema } from "./docs/json-schema.ts";
import { eventLinesSource } from "./docs/line-source.ts";
import { withTextBetween } from "./marked-text.ts";

/** dist/tools/ is two levels below the root. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const rendered = new Map<string, string>([
  [`${ROOT}src/sinks/event-lines.gen.ts`, eventLinesSource()],
  [`${ROOT}schema/tcpdrop-event.schema.json`, `${formatJson(eventSchema())}\n`],
  [`${ROOT}docs/output.md`, filled("docs/output.md", outputTables())],
  [`${ROOT}docs/usage.md`, filled("docs/usage.md", flagTables())],
  [`${ROOT}docs/filters.md`, filled("docs/filters.md", filterMarkdown())],
  [`${ROOT}docs/findings.md`, findingsPage()],
]);

const check = process.argv.includes("--check");
for (const [path, text] of rendered) {
  if (readIfThere(path) === text) continue;
  if (check) {
    process.stderr.write(`${path.slice(ROOT.length)} is stale: run node dist/tools/render-fields.js\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}

function filterMarkdown(): ReadonlyMap<string, string> {
  return new Map(
    [...filterTables()].map(([name, [titles = [], ...rows]]) => [name, markdownTable(titles, rows)]),
  );
}

/** Formatted like the rest of this repository: arrays on one line if they fit. */
function formatJson(value: unknown): string {
  const lineWidth = 160;
  return JSON.stringify(value, null, 2).replace(
    /^(.*)\[\n\s+("[^"]*"(?:,\n\s+"[^"]*")*)\n\s*\](,?)/gm,
    (whole: string, before: string, items: string, after: string) => {
      const line = `${before}[${items.replace(/,\n\s+/g, ", ")}]${after}`;
      return line.length <= lineWidth ? line : whole;
    },
  );
}

/** Replaces the text between `<!-- NAME -->` and `<!-- end NAME -->`. A missing marker is an error. */
function filled(page: string, tables: ReadonlyMap<string, string>): string {
  let text = readFileSync(`${ROOT}${page}`, "utf8");
  for (const [name, table] of tables)
    text = withTextBetween(text, `<!-- ${name} -->\n`, `\n<!-- end ${name} -->`, `\n${table}\n`);
  return text;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
