/** What stands at the end of a run: findings, worst first, under one sentence that says what matters most. */
import { CERTAINTIES, type FindingNotice, type Report, SEVERITIES } from "../model/index.ts";
import { commandText, isOfNoNetns } from "./command-text.ts";
import { evaluate } from "./evaluate.ts";
import type { Evidence, NetnsEvidence } from "./evidence.ts";
import { exampleText } from "./example-text.ts";
import type { Conclusion } from "./gather.ts";
import { headlineOf } from "./headline.ts";
import { ownerSentence, whoseText } from "./owner-words.ts";
import { ownersOf } from "./report-owners.ts";
import type { Command, Rule } from "./rule.ts";
import { RULES } from "./rules/index.ts";
import type { Subject } from "./subject.ts";
import { withNames } from "./with-names.ts";

/** The rate now is that of so many seconds before the end. */
const NOW_SECONDS = 5;
const NS_PER_SECOND = 1_000_000_000;
/** Services that a finding names. */
const MAX_SERVICES = 3;
/** What came so long before the end has not stopped, or in three times the mean gap between two drops. */
const ONGOING_S = 1;
/** Fewer do not show that anything goes on. */
const ONGOING_DROPS = 3;
const ONGOING_GAPS = 3;
/** Or in twice the largest gap: a time-out doubles. */
const LARGEST_GAPS = 2;

export function makeReport(
  evidence: Evidence,
  namespaces: readonly NetnsEvidence[] = [],
  rules: readonly Rule[] = RULES,
): Report {
  const { startedNs, endedNs } = evidence.summary;
  const { conclusions, notEvaluated, unclaimed } = evaluate(rules, evidence, namespaces);
  const findings = conclusions
    .map((conclusion) => findingOf(conclusion, startedNs, endedNs))
    .sort(worstFirst);
  return {
    startedNs,
    endedNs,
    headline: headlineOf(findings, notEvaluated, evidence, unclaimed),
    findings,
    notEvaluated,
    owners: ownersOf(evidence.incidents, evidence.summary),
  };
}

/** What stands before a number, where a sentence begins with it. */
const BOUND = /^(at least|at most|about) /;

/** The rule's sentence, and whose it is where that is one. */
function withOwner(words: string, subject: Subject | undefined): string {
  const text = words.replace(BOUND, (bound) => `A${bound.slice(1)}`);
  const sentence = subject === undefined ? undefined : ownerSentence(subject.owners);
  return sentence === undefined ? text : `${text} ${sentence}`;
}

function findingOf(conclusion: Conclusion, startedNs: bigint, endedNs: bigint): FindingNotice {
  const { rule, verdict, subject, netns } = conclusion;
  return {
    kind: "finding",
    timeNs: endedNs,
    rule: rule.id,
    title: rule.title,
    certainty: verdict.certainty,
    severity: verdict.severity ?? rule.severity,
    text: withOwner(verdict.text, subject),
    ...amountOf(subject, verdict.count),
    ...courseOf(subject, startedNs, endedNs),
    service: servicesText(subject),
    netns: netns?.inode ?? subject?.netns,
    netnsName: netns?.name,
    whose: subject === undefined ? undefined : whoseText(subject.owners),
    owners: subject?.owners,
    example: subject?.example === undefined ? undefined : exampleText(subject.example),
    exampleId: subject?.example?.id,
    evidence: verdict.evidence,
    refute: verdict.refute ?? rule.refute,
    advice: (verdict.advice ?? rule.advice).map((advice) => withNames(advice, subject?.example)),
    next: verdict.next.flatMap((command) => nextText(command, conclusion) ?? []),
    sources: rule.sources,
  };
}

/** Where nothing is known of the namespace of the drops, a command would run in another one, and look right. */
function nextText(command: Command, { subject, netns }: Conclusion): string | undefined {
  const text = commandText(command, netns);
  if (text === undefined || subject === undefined || netns !== undefined || isOfNoNetns(command)) return text;
  const where = subject.netns === undefined ? "that of the drops, not known here" : String(subject.netns);
  return `${text} # in network namespace: ${where}`;
}

function amountOf(
  subject: Subject | undefined,
  beside: number | undefined,
): Pick<
  FindingNotice,
  "count" | "countAtLeast" | "countAtMost" | "connections" | "peers" | "distinctAtLeast"
> {
  return {
    count: subject?.count ?? beside ?? 0,
    countAtLeast: subject?.isAtLeast ?? false,
    countAtMost: subject?.isAtMost ?? false,
    connections: subject?.connections ?? 0,
    peers: subject?.peers.length ?? 0,
    // What was not looked at may have come from anybody.
    distinctAtLeast: subject !== undefined && (subject.isDistinctCut || subject.isAtLeast),
  };
}

/** Since when, until when, how fast, and whether it goes on. */
function courseOf(
  subject: Subject | undefined,
  startedNs: bigint,
  endedNs: bigint,
): Pick<FindingNotice, "firstNs" | "lastNs" | "perSecond" | "peakPerSecond" | "ongoing"> {
  const { firstNs, lastNs } = subject ?? {};
  if (subject === undefined || firstNs === undefined || lastNs === undefined)
    return { firstNs, lastNs, perSecond: undefined, peakPerSecond: undefined, ongoing: false };
  const meanGapS = secondsBetween(firstNs, lastNs) / Math.max(1, subject.count - 1);
  return {
    firstNs,
    lastNs,
    perSecond: subject.hasSeconds ? rateNow(subject, startedNs, endedNs) : undefined,
    peakPerSecond: subject.peakPerSecond,
    ongoing:
      subject.count >= ONGOING_DROPS &&
      secondsBetween(lastNs, endedNs) <=
        Math.max(ONGOING_S, ONGOING_GAPS * meanGapS, LARGEST_GAPS * largestGapS(subject)),
  };
}

/** Between seconds with drops: those that back off (1, 2, 4 s) are not over after the mean gap. */
function largestGapS({ bySecond }: Subject): number {
  const seconds = [...bySecond.keys()].sort((a, b) => a - b);
  return Math.max(0, ...seconds.slice(1).map((second, at) => second - (seconds[at] ?? second)));
}

/** Whole seconds of the clock before the end, and the one that had begun. */
function rateNow({ bySecond }: Subject, startedNs: bigint, endedNs: bigint): number {
  const end = Number(endedNs) / NS_PER_SECOND;
  const since = Math.max(Math.floor(end) - NOW_SECONDS, Number(startedNs) / NS_PER_SECOND);
  let count = 0;
  for (const [second, drops] of bySecond) if (second >= Math.floor(since)) count += drops;
  return count / Math.max(1, end - since);
}

function secondsBetween(fromNs: bigint, toNs: bigint): number {
  return Number(toNs - fromNs) / NS_PER_SECOND;
}

function servicesText(subject: Subject | undefined): string | undefined {
  if (subject === undefined || subject.services.length === 0) return undefined;
  const { services } = subject;
  const more = services.length - MAX_SERVICES;
  return services.slice(0, MAX_SERVICES).join(", ") + (more > 0 ? `, ${more} more` : "");
}

function worstFirst(a: FindingNotice, b: FindingNotice): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    Number(b.ongoing) - Number(a.ongoing) ||
    CERTAINTIES.indexOf(a.certainty) - CERTAINTIES.indexOf(b.certainty) ||
    b.count - a.count
  );
}
