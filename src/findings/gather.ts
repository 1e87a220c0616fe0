/** Many findings of one cause are one: a rule over a hundred ports is not a hundred findings. */
import type { NetnsEvidence } from "./evidence.ts";
import type { Incident } from "./incident.ts";
import type { Rule, Unknown, Verdict } from "./rule.ts";
import { type Subject, subjectOf } from "./subject.ts";

export interface Conclusion {
  readonly rule: Rule;
  readonly verdict: Verdict;
  /** Absent where no drop shows it. */
  readonly subject: Subject | undefined;
  readonly netns: NetnsEvidence | undefined;
}

export type DropConclusion = Conclusion & { readonly subject: Subject };

type Judge = (subject: Subject, netns: NetnsEvidence | undefined) => Verdict | Unknown | undefined;

/** So many findings of one rule, of one cause and as certain, stand by themselves. */
const MAX_APART = 5;

/**
 * What one rule concluded, with those of one cause together where there are many. `judge` is the rule's;
 * what it says of all together is no more certain or severe than what it said of each.
 */
export function gathered(conclusions: readonly DropConclusion[], judge: Judge): readonly DropConclusion[] {
  if (conclusions.length <= MAX_APART) return conclusions;
  const byCause = new Map<string, DropConclusion[]>();
  for (const conclusion of conclusions) {
    const cause = causeOf(conclusion);
    const known = byCause.get(cause);
    if (known === undefined) byCause.set(cause, [conclusion]);
    else known.push(conclusion);
  }
  return [...byCause.values()].flatMap((group) =>
    group.length <= MAX_APART ? group : (together(group, judge) ?? group),
  );
}

function together(group: readonly DropConclusion[], judge: Judge): DropConclusion | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const subject = subjectOf(group.flatMap(({ subject: { incidents } }) => incidents));
  const verdict = judge(subject, first.netns);
  if (verdict === undefined || "unknown" in verdict) return undefined;
  const { certainty } = first.verdict;
  const severity = severityOf(first);
  return { ...first, subject, verdict: { ...verdict, certainty, severity } };
}

/** Where it was dropped, and how much is known of it. */
function causeOf(conclusion: DropConclusion): string {
  const { subject, verdict } = conclusion;
  const sites = [...new Set(subject.incidents.map(siteOf))].sort();
  return [subject.netns, subject.direction, verdict.certainty, severityOf(conclusion), ...sites].join(" ");
}

function severityOf({ rule, verdict }: Conclusion): Rule["severity"] {
  return verdict.severity ?? rule.severity;
}

function siteOf({ kind, reason, location, variant, example }: Incident): string {
  return `${kind} ${reason} ${location} ${variant} ${example === undefined ? "unread" : ""}`;
}
