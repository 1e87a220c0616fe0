/**
 * Builds incidents, traces them with the command line that was built, and prints what a person would see.
 *
 *     npm run incidents                 lists them
 *     npm run incidents -- NAME ...     runs these
 *     npm run incidents -- all
 *     node dist/test/incidents/incidents.js all --write     and writes docs/incidents.md
 *     node dist/test/incidents/incidents.js NAME --write    and writes its row there
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportComplaints } from "./answers.ts";
import { complaintsOf } from "./check.ts";
import { discoverIncidents } from "./discover.ts";
import type { NamedIncident } from "./incident.ts";
import { lackOf } from "./needs.ts";
import { lineOf, page, rowOf, rowsOfPage } from "./table.ts";
import { traceIncident } from "./trace.ts";

const MOST_LINES = 40;
const FIRST_LINES = 12;

const incidents = await discoverIncidents();
const PAGE = fileURLToPath(new URL("../../../docs/incidents.md", import.meta.url));
const names = process.argv.slice(2).filter((word) => word !== "--write");
const rows = new Map(rowsOfPage(readFileSync(PAGE, "utf8")));
const unknown = names.filter(
  (name) => name !== "all" && !incidents.some((incident) => incident.name === name),
);

// What exists in the machine's name is removed when the process exits: names.ts.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

if (unknown.length > 0) {
  console.error(`There is no incident ${unknown.join(", ")}. The list: npm run incidents`);
  process.exitCode = 2;
} else if (names.length === 0) {
  const width = Math.max(...incidents.map(({ name }) => name.length));
  for (const { name, title } of incidents) console.log(`${name.padEnd(width)}  ${title}`);
} else {
  for (const incident of incidents.filter(({ name }) => names.includes("all") || names.includes(name)))
    if (!(await present(incident))) process.exitCode = 1;
  if (process.argv.includes("--write")) writeFileSync(PAGE, page(incidents, rows));
}

/** False if not all that was made was shown, or the report lacks an answer. */
async function present(incident: NamedIncident): Promise<boolean> {
  console.log(`\n== ${incident.name}: ${incident.title}`);
  const lack = lackOf(incident);
  if (lack !== undefined) {
    console.log(`skipped: ${lack.why}`);
    return lack.excused;
  }
  return traceIncident(incident, (traced) => {
    console.log(`$ tcpdrop ${traced.words.join(" ")}`);
    console.log(shortened(traced.screen));
    console.log(traced.messages);
    const drops = complaintsOf(incident.expected, traced);
    const { words, numbers } = reportComplaints(incident.expected, traced);
    rows.set(incident.name, lineOf(rowOf(incident, traced, [...drops, ...words, ...numbers])));
    for (const complaint of drops) console.log(`WRONG: ${complaint}`);
    for (const complaint of [...words, ...numbers]) console.log(`NOT ANSWERED: ${complaint}`);
    if (drops.length === 0) console.log("All drops that were made are shown, and no others.");
    return drops.length + words.length + numbers.length === 0;
  });
}

/** The first rows, and how many more there are. */
function shortened(screen: string): string {
  const lines = screen.trimEnd().split("\n");
  if (lines.length <= MOST_LINES) return lines.join("\n");
  return [...lines.slice(0, FIRST_LINES), `(${lines.length - FIRST_LINES} more lines)`].join("\n");
}
