/** The answers of the report to each incident, as a table: docs/incidents.md. */
import { wrapMarkdown } from "../../tools/wrap-markdown.ts";
import { findingsOf, headlineOf, runCommand } from "./answers.ts";
import type { NamedIncident } from "./incident.ts";
import type { Line, Traced } from "./trace.ts";

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly what: string;
  readonly why: string;
  readonly whose: string;
  readonly matters: string;
  readonly when: string;
  readonly next: string;
  /** Each of them was compared with what happened; what is missing otherwise. */
  readonly isTrue: string;
}

/** While the incident is still there: the command is run. */
export function rowOf(incident: NamedIncident, traced: Traced, complaints: readonly string[]): Row {
  const { name, title, expected } = incident;
  const [finding] = findingsOf(traced);
  return {
    name,
    title,
    what: headlineOf(traced),
    why: finding === undefined ? "-" : list(finding["evidence"]).join("; "),
    whose: typeof finding?.["whose"] === "string" ? finding["whose"] : "-",
    matters: finding === undefined ? "-" : `${String(finding["severity"])}, ${String(finding["certainty"])}`,
    when: finding === undefined ? "-" : whenOf(finding, traced.lines),
    next: finding === undefined ? "-" : nextOf(finding, expected.answers.next?.shows),
    isTrue: complaints.length === 0 ? "yes" : `no: ${complaints.join(", ")}`,
  };
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function whenOf(finding: Line, lines: readonly Line[]): string {
  if (finding["first"] === undefined) return "totals alone: no times";
  const summary = lines.findLast(({ type }) => type === "summary");
  const seconds = (from: unknown, to: unknown): string =>
    Math.max(0, (Date.parse(String(to)) - Date.parse(String(from))) / 1000).toFixed(1);
  const since = `since ${seconds(summary?.["started"], finding["first"])} s after the beginning`;
  const left = `${seconds(finding["last"], summary?.["ended"])} s before the end`;
  return finding["ongoing"] === true ? `${since}; goes on (${left})` : `${since} until ${left}; over`;
}

/** The command, and the line of its output that shows the cause. */
function nextOf(finding: Line, shows: RegExp | undefined): string {
  const [command] = list(finding["next"]);
  if (command === undefined) return "-";
  const line = shows === undefined ? undefined : lineThatShows(runCommand(command), shows);
  return line === undefined ? `\`${command}\`` : `\`${command}\`: \`${line.trim()}\``;
}

/** The line, or the lines from there on. */
function lineThatShows(output: string, shows: RegExp): string | undefined {
  const lines = output.split("\n").filter((line) => line !== "");
  const one = lines.find((line) => shows.test(line));
  return one ?? (shows.test(output) ? lines.slice(0, 2).join(" ") : undefined);
}

/** Rows of a page that was written, by the name of the incident. */
export function rowsOfPage(text: string): ReadonlyMap<string, string> {
  const rows = text.split("\n").flatMap((line) => {
    const name = /^\| ([\w-]+) \| /.exec(line)?.[1];
    return name === undefined ? [] : ([[name, line]] as const);
  });
  return new Map(rows.filter(([name]) => name !== "incident"));
}

export function lineOf(row: Row): string {
  return `| ${cellsOf(row).map(cell).join(" | ")} |`;
}

/** Of the incidents that have a row. */
export function page(
  incidents: readonly Pick<NamedIncident, "name" | "title">[],
  rows: ReadonlyMap<string, string>,
): string {
  const shown = incidents.filter(({ name }) => rows.has(name));
  return wrapMarkdown([
    "# Incidents: what the report answers",
    "",
    "The faults of `test/incidents/`, each made by the real kernel between a client, a router and a server, and",
    "traced with `tcpdrop --netns NAME --report`. `test/incidents/incidents.test.ts` compares each answer with",
    "what happened: the drops with the counter of a rule, a qdisc or the kernel, the times and counts with the",
    "events, and the command that the report prints is run, and must show the cause. `node",
    "dist/test/incidents/incidents.js all --write` writes this page, and with a name in place of `all` only that",
    "row; to look at an incident: `npm run incidents -- NAME`.",
    "",
    "| incident | what | why | whose | matters | since when, still | next step, and what it shows | all true |",
    "|---|---|---|---|---|---|---|---|",
    ...shown.flatMap(({ name }) => rows.get(name) ?? []),
    "",
    "What is made:",
    "",
    ...shown.map(({ name, title }) => `- **${name}**: ${title}.`),
    "",
  ]).join("\n");
}

const cellsOf = ({ name, what, why, whose, matters, when, next, isTrue }: Row): readonly string[] => [
  name,
  what,
  why,
  whose,
  matters,
  when,
  next,
  isTrue,
];

/** Without process numbers, which differ from run to run. */
function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("\n", " ")
    .replaceAll(/\b(inc-[a-z]+-)\d+/g, "$1PID")
    .replaceAll(/\b(pid=|node\[)\d+/g, "$1PID")
    .replaceAll(/(-t|--target)([ =])\d+/g, "$1$2PID");
}
