/**
 * The report for people: one sentence, then a block for each finding, worst first, then the time frame and the
 * sums.
 */
import { durationText, ownerWords, plural } from "../findings/index.ts";
import type { Advice, FindingNotice, Report, SummaryNotice } from "../model/index.ts";
import { bold } from "./paint.ts";
import { plainText } from "./plain-text.ts";
import { rateText } from "./rate-text.ts";
import { textOf } from "./sink.ts";
import { countText, formatSums } from "./sums-text.ts";
import { dateAndZone, localTimeOfDay } from "./time-text.ts";
import { wrapText } from "./wrap-text.ts";

export interface ReportOptions {
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Escape sequences may be used. */
  readonly colour: boolean;
  /** Titles of rules that were not evaluated are listed one by one. */
  readonly all: boolean;
}

/** Findings in full; what is beyond them has one line each. */
const MAX_BLOCKS = 10;
const MAX_OWNERS = 5;
const LABEL_WIDTH = 10;
const NS_PER_SECOND = 1_000_000_000;

/** Lines with their newlines. */
export function formatReport(report: Report, summary: SummaryNotice, options: ReportOptions): string {
  const { findings } = report;
  const lines = [
    "",
    ...wrapText(plainText(report.headline), options.columns).map((line) => heading(line, options)),
    ...findings.slice(0, MAX_BLOCKS).flatMap((finding, at) => ["", ...formatBlock(finding, at + 1, options)]),
    ...formatOthers(findings.slice(MAX_BLOCKS), options),
    "",
    ...formatFrame(report, options),
    ...formatSums(summary).flatMap((line) => wrapText(line, options.columns)),
    ...formatOwners(report, options),
    ...formatNotEvaluated(report, options),
  ];
  return `${lines.join("\n")}\n`;
}

function formatBlock(finding: FindingNotice, number: number, options: ReportOptions): readonly string[] {
  const { columns } = options;
  const labelled = (label: string, texts: readonly string[]): readonly string[] =>
    texts.flatMap((text, at) => wrapText(text, columns, `   ${(at === 0 ? label : "").padEnd(LABEL_WIDTH)}`));
  const plain = (texts: readonly string[]): readonly string[] => texts.map(plainText);
  return [
    ...wrapText(titleText(finding), columns, `${number}. `).map((line) => heading(line, options)),
    ...wrapText(plainText(finding.text), columns, "   "),
    ...labelled("drops", [amountText(finding)]),
    ...labelled("when", [courseText(finding)]),
    ...labelled("whose", plain(finding.whose === undefined ? [] : [finding.whose])),
    ...labelled("example", plain(finding.example === undefined ? [] : [finding.example])),
    ...labelled("evidence", plain(finding.evidence)),
    ...labelled("unless", plain(finding.refute === "" ? [] : [finding.refute])),
    ...labelled("do", finding.advice.map(adviceText)),
    // Not wrapped: what is pasted must be one line.
    ...finding.next.map(
      (command, at) => `   ${(at === 0 ? "next" : "").padEnd(LABEL_WIDTH)}${plainText(command)}`,
    ),
  ];
}

function titleText(finding: FindingNotice): string {
  return `${plainText(finding.title)}${whereText(finding)} [${finding.severity}, ${finding.certainty}]`;
}

function whereText({ service, netns, netnsName }: FindingNotice): string {
  const at = service === undefined ? "" : `: ${plainText(service)}`;
  if (netnsName !== undefined) return `${at} in network namespace ${plainText(netnsName)}`;
  return netns === undefined ? at : `${at} in network namespace ${netns}`;
}

function amountText(finding: FindingNotice): string {
  const { count, countAtLeast, countAtMost, connections, peers, distinctAtLeast } = finding;
  if (count === 0) return "none of its own";
  const drops = countText(count, countAtMost, countAtLeast);
  if (connections === 0 && peers === 0) return drops;
  const lower = distinctAtLeast ? "at least " : "";
  return `${drops}, of ${lower}${plural(connections, "connection")}, from ${lower}${plural(peers, "peer")}`;
}

function courseText(finding: FindingNotice): string {
  const { firstNs, lastNs, perSecond, peakPerSecond, ongoing, timeNs, count } = finding;
  if (firstNs === undefined || lastNs === undefined)
    return count === 0 ? "in this run: counters do not say when" : "not known: only totals were read";
  const [first, end] = [timeText(firstNs), timeText(lastNs)];
  const span = first === end ? `at ${first}` : `${first} to ${end}`;
  const before = (Number(timeNs - lastNs) / NS_PER_SECOND).toFixed(1);
  const last = `the last one ${before} s before the end`;
  if (count === 1) return `${span}, ${before} s before the end`;
  // What was not looked at may have come in any second.
  const peak = peakPerSecond === undefined ? "" : `, at most ${peakPerSecond} in a second`;
  if (!ongoing) return `${span}; ${last}${peak}`;
  const now = perSecond === undefined ? "how fast is not known" : `${rateText(perSecond)} now`;
  return `${span}; goes on: ${last}, ${now}${peak}`;
}

function adviceText({ action, why, risk }: Advice): string {
  const because = why === undefined ? "" : `: ${why}`;
  return plainText(`${action}${because}${risk === undefined ? "" : ` (risk: ${risk})`}`);
}

function formatOthers(findings: readonly FindingNotice[], { columns }: ReportOptions): readonly string[] {
  if (findings.length === 0) return [];
  return [
    "",
    `and ${plural(findings.length, "more finding")}:`,
    ...findings.flatMap(({ title, service, count, countAtMost, countAtLeast }) =>
      wrapText(
        plainText(
          `${title}${service === undefined ? "" : `: ${service}`}, ` +
            `${countText(count, countAtMost, countAtLeast)} ${count === 1 ? "drop" : "drops"}`,
        ),
        columns,
        "   ",
      ),
    ),
  ];
}

function formatFrame({ startedNs, endedNs }: Report, { columns }: ReportOptions): readonly string[] {
  return wrapText(
    `traced ${durationText({ startedNs, endedNs })}: ${dateAndZone(startedNs)} to ${timeText(endedNs)}`,
    columns,
  );
}

/** Owners of all findings together. */
function formatOwners({ owners }: Report, { columns }: ReportOptions): readonly string[] {
  const named = owners.slice(0, MAX_OWNERS).map(({ owner, count }) => `${count} ${ownerWords(owner)}`);
  const rest = owners.slice(MAX_OWNERS).reduce((sum, { count }) => sum + count, 0);
  const all = rest === 0 ? named : [...named, `${rest} of others`];
  return all.length === 0 ? [] : wrapText(plainText(`by owner: ${all.join(", ")}`), columns);
}

function formatNotEvaluated({ notEvaluated }: Report, { columns, all }: ReportOptions): readonly string[] {
  if (notEvaluated.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const { rule, why } of notEvaluated) byReason.set(why, [...(byReason.get(why) ?? []), rule]);
  return [...byReason].flatMap(([why, rules]) => {
    const names = all || rules.length <= 3 ? rules.join(", ") : plural(rules.length, "rule");
    return wrapText(plainText(`not evaluated: ${names}: ${why}`), columns);
  });
}

const secondOfDay = localTimeOfDay(false);

function timeText(timeNs: bigint): string {
  return textOf((out) => secondOfDay(timeNs, out));
}

function heading(text: string, { colour }: ReportOptions): string {
  return colour ? bold(text) : text;
}
