/**
 * Compares the report of an incident with what happened: each answer is there, and true. The command that it
 * prints is run as a person would paste it, while the incident is still there.
 */
import { spawnSync } from "node:child_process";
import { patient } from "../patience.ts";
import { ownEvents } from "./check.ts";
import type { Answers, Expected } from "./incident.ts";
import type { Line, Traced } from "./trace.ts";

/**
 * On a busy machine the run ends long after the last drop, once the others are written: then it is over. The
 * report takes a second for that, and on the border either is true.
 */
const OVER_AFTER_MS = 1000;
const BORDER_MS = 400;

/** What is wrong with the report, a sentence each. */
export interface ReportComplaints {
  /** Which rule, in which words, with which command. */
  readonly words: readonly string[];
  /** How many drops, since when and until when, whether they go on, of which service: by the events. */
  readonly numbers: readonly string[];
}

export function reportComplaints(expected: Expected, traced: Traced): ReportComplaints {
  const { answers } = expected;
  // What comes beside it may be said too, as something that harms nobody.
  const findings = findingsOf(traced).filter(
    ({ rule, severity }) =>
      expected.beside === undefined || severity !== "info" || answers.findings.includes(String(rule)),
  );
  const rules = findings.map(({ rule }) => String(rule)).join(", ");
  const headline = headlineOf(traced);
  const words = (answers.headline ?? answers.what).test(headline) ? [] : [`the headline: ${headline}`];
  if (rules !== answers.findings.join(", "))
    words.push(`the findings are ${rules || "none"}, not ${answers.findings.join(", ") || "none"}`);
  const [finding] = findings;
  if (finding === undefined) return { words, numbers: [] };
  return {
    words: [
      ...words,
      ...wordComplaints(answers, finding),
      ...copyComplaints(traced, finding),
      ...nextComplaints(answers, finding),
    ],
    numbers: numberComplaints(expected, traced, finding),
  };
}

/** Those that say that something is wrong. */
export function findingsOf({ lines }: Pick<Traced, "lines">): readonly Line[] {
  return lines.filter(({ type, rule }) => type === "finding" && rule !== "nothing-wrong");
}

/** The sentence over the findings, without its line breaks. */
export function headlineOf({ messages }: Pick<Traced, "messages">): string {
  return (messages.split("\n\n")[1] ?? "").replaceAll("\n", " ");
}

function wordComplaints({ what, why, whose, severity }: Answers, finding: Line): readonly string[] {
  const text = String(finding["text"]);
  const reasons = [text, ...(finding["evidence"] as readonly string[])].join("\n");
  return [
    ...(what.test(text) ? [] : [`what happens: ${text}`]),
    ...(why === undefined || why.test(reasons) ? [] : [`why: ${reasons}`]),
    ...(isWhose(whose, finding) ? [] : [`whose: ${String(finding["whose"])}`]),
    ...(severity === finding["severity"] ? [] : [`how much it matters: ${String(finding["severity"])}`]),
  ];
}

function isWhose(wanted: RegExp | undefined, { whose }: Line): boolean {
  return wanted === undefined ? whose === undefined : typeof whose === "string" && wanted.test(whose);
}

/** Copies are hidden, and have no events: their number stands in the text. */
function copyComplaints({ made: { copies } }: Traced, { text }: Line): readonly string[] {
  return copies === undefined || String(text).startsWith(`${String(copies)} copies`)
    ? []
    : [`${String(copies)} copies were made: ${String(text)}`];
}

/** Counts, times and the service, by the events of the same run. */
function numberComplaints(expected: Expected, { lines, made }: Traced, finding: Line): readonly string[] {
  const events = ownEvents(expected, lines);
  const times = events
    .flatMap((event) => [event["since"] ?? event["time"], event["time"]])
    .map(String)
    .sort();
  const services = [...Object.values(expected.drops), expected.refused ?? []].flat();
  const clients = events.filter(({ saddr }) => saddr !== undefined).map((event) => clientOf(event, services));
  const wanted: Readonly<Record<string, unknown>> = {
    count: made.copies ?? events.reduce((sum, event) => sum + Number(event["count"] ?? 1), 0),
    connections: new Set(clients.map(({ address, port }) => `${address} ${port}`)).size,
    peers: new Set(clients.map(({ address }) => address)).size,
    first: times.at(0),
    last: times.at(-1),
    ongoing: isOngoing(expected.answers, lines, String(times.at(-1))) ?? finding["ongoing"],
    service: services.length === 0 ? undefined : distinct(services.map(({ service }) => service)).join(", "),
  };
  return Object.entries(wanted)
    .filter(([name, value]) => finding[name] !== value)
    .map(
      ([name, value]) =>
        `${name}: ${String(value)} is true, and the report has ${JSON.stringify(finding[name])}`,
    );
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}

/** Between a second and this after the last drop it depends on the gaps between them. */
const SURELY_OVER_MS = 5_000;

function isOngoing({ isOver }: Answers, lines: readonly Line[], last: string): boolean | undefined {
  const lateMs = endOf(lines) - Date.parse(last);
  if (isOver !== true && lateMs < OVER_AFTER_MS - BORDER_MS) return true;
  return lateMs > SURELY_OVER_MS ? false : undefined;
}

/** When the run ended, in ms since 1970. */
function endOf(lines: readonly Line[]): number {
  return Date.parse(String(lines.findLast(({ type }) => type === "summary")?.["ended"]));
}

/** The end that is not the service. */
function clientOf(
  event: Line,
  services: readonly { readonly service: string }[],
): { readonly address: string; readonly port: string } {
  const isService = (address: string, port: string): boolean =>
    services.some(({ service }) => service === `${address}:${port}`);
  const [saddr, sport, daddr, dport] = ["saddr", "sport", "daddr", "dport"].map((name) =>
    String(event[name]),
  ) as [string, string, string, string];
  return isService(saddr, sport) ? { address: daddr, port: dport } : { address: saddr, port: sport };
}

function nextComplaints({ next }: Answers, finding: Line): readonly string[] {
  if (next === undefined) return [];
  const [command] = finding["next"] as readonly string[];
  if (command === undefined) return ["there is no next command"];
  if (!next.command.test(command)) return [`the next command is ${command}`];
  const shown = runCommand(command);
  return next.shows.test(shown) ? [] : [`${command} shows:\n${shown}`];
}

/** As if pasted into a shell. */
export function runCommand(command: string): string {
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8", timeout: patient(10_000) });
  return stdout + stderr;
}
