/** One sentence: nothing was dropped, nothing is wrong, or what matters most. */
import { type FindingNotice, isHarmless, type NotEvaluated, type SummaryNotice } from "../model/index.ts";
import type { Evidence } from "./evidence.ts";
import { atMostUnread } from "./exact-totals.ts";
import type { Incident } from "./incident.ts";

const NS_PER_SECOND = 1_000_000_000;
/** Reasons that the headline names. */
const MAX_REASONS = 3;

export function headlineOf(
  findings: readonly FindingNotice[],
  notEvaluated: readonly NotEvaluated[],
  { summary, incidents }: Evidence,
  unclaimed: readonly Incident[] = [],
): string {
  const wrong = findings.filter(({ severity }) => severity !== "info");
  const [worst, ...others] = wrong;
  const rest = restText(unclaimed);
  if (worst !== undefined) {
    const more = others.length === 0 ? "" : ` ${plural(others.length, "other finding")} below.`;
    return `${worst.text}${more}${rest === "" ? "" : ` ${rest}.`}`;
  }
  const time = `in ${durationText(summary)}`;
  const { totals } = summary;
  const unread = atMostUnread(totals);
  if (totals.seen - totals.filtered === 0 && (totals.refusedSyns?.count ?? 0) === 0)
    return `No TCP segment was dropped ${time}${filteredText(summary)}.`;
  if (unread > 0)
    return (
      `Nothing wrong was found ${time} in what was read; at most ${plural(unread, "drop")} could not ` +
      `be looked at${rest === "" ? "" : `, and ${rest}`}.`
    );
  if (rest !== "") return `Nothing wrong was found ${time}, but ${rest}${filteredText(summary)}.`;
  if (notEvaluated.length > 0 || incidents.some(isLowerBound) || totals.refusedSyns?.problem !== undefined)
    return `Nothing wrong was found ${time}, as far as it could be looked at${filteredText(summary)}.`;
  return `Nothing is wrong: ${harmlessText(summary)} ${time}${filteredText(summary)}.`;
}

/** "936 refused drops (NO_SOCKET) are in no finding": what nobody concluded anything of may be an outage. */
function restText(unclaimed: readonly Incident[]): string {
  // What was not read is said apart.
  const rest = unclaimed.filter((one) => !isHarmless(one.class) && one.example !== undefined);
  if (rest.length === 0) return "";
  const count = rest.reduce((sum, incident) => sum + incident.count, 0);
  const reasons = [...new Set(rest.map(({ reason }) => reason ?? "no reason"))];
  const named = reasons.slice(0, MAX_REASONS).join(", ") + (reasons.length > MAX_REASONS ? ", ..." : "");
  const atLeast = rest.some(isLowerBound) ? "at least " : "";
  return `${atLeast}${plural(count, "refused drop")} (${named}) ${count === 1 ? "is" : "are"} in no finding`;
}

function isLowerBound({ isAtLeast }: Incident): boolean {
  return isAtLeast;
}

function harmlessText({ totals, bySite }: SummaryNotice): string {
  const harmless = bySite.filter(({ class: dropClass }) => isHarmless(dropClass));
  const all = bySite.length > 0 && harmless.length === bySite.length;
  return (
    `${plural(totals.seen - totals.filtered, "drop")}, ` +
    `${all ? "all of them harmless" : "none of which harmed a connection"},`
  );
}

/** Of other families or namespaces, or rejected by the filter. */
function filteredText({ totals: { filtered } }: SummaryNotice): string {
  return filtered === 0 ? "" : ` (beside ${filtered} that ${filtered === 1 ? "was" : "were"} not asked for)`;
}

/** "10.0 s". */
export function durationText({ startedNs, endedNs }: Pick<SummaryNotice, "startedNs" | "endedNs">): string {
  const seconds = Number(endedNs - startedNs) / NS_PER_SECOND;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 drop", "2 drops". */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
