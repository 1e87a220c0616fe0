/** One sentence: nothing was dropped, nothing is wrong, or what matters most. */
import { type FindingNotice, isHarmless, type NotEvaluated, type SummaryNotice } from "../model/index.ts";
import type { Evidence } from "./evidence.ts";
import { atMostUnread } from "./exact-totals.ts";

const NS_PER_SECOND = 1_000_000_000;

export function headlineOf(
  findings: readonly FindingNotice[],
  notEvaluated: readonly NotEvaluated[],
  { summary }: Evidence,
): string {
  const wrong = findings.filter(({ severity }) => severity !== "info");
  const [worst, ...others] = wrong;
  if (worst !== undefined) {
    const more = others.length === 0 ? "" : ` ${plural(others.length, "other finding")} below.`;
    return `${worst.text}${more}`;
  }
  const time = `in ${durationText(summary)}`;
  const { totals } = summary;
  const unread = atMostUnread(totals);
  if (totals.seen - totals.filtered === 0 && (totals.refusedSyns?.count ?? 0) === 0)
    return `No TCP segment was dropped ${time}${filteredText(summary)}.`;
  if (unread > 0)
    return (
      `Nothing wrong was found ${time} in what was read; at most ${plural(unread, "drop")} could not ` +
      `be looked at.`
    );
  if (notEvaluated.length > 0 || totals.refusedSyns?.problem !== undefined)
    return `Nothing wrong was found ${time}, as far as it could be looked at${filteredText(summary)}.`;
  return `Nothing is wrong: ${harmlessText(summary)} ${time}${filteredText(summary)}.`;
}

function harmlessText({ totals, bySite }: SummaryNotice): string {
  const harmless = bySite.filter(({ class: dropClass }) => isHarmless(dropClass));
  const all = bySite.length > 0 && harmless.length === bySite.length;
  return (
    `${plural(totals.seen - totals.filtered, "drop")}, ` +
    `${all ? "all of them harmless" : "none of which harmed a connection"},`
  );
}

function filteredText({ totals: { filtered } }: SummaryNotice): string {
  return filtered === 0 ? "" : ` (${plural(filtered, "drop")} rejected by the filter)`;
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
