/** The sums of a run, short: zeros are left out, for whoever reads them on a terminal. JSON has them whole. */
import type { ReasonCount, RefusedTotal, SummaryNotice } from "../model/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { unreadText } from "./unread-text.ts";

/** Lines without newlines. */
export function formatSums(summary: SummaryNotice): readonly string[] {
  const { totals, hiddenByReason, outputs, unreadBy } = summary;
  const { hidden, refusedSyns: refused } = totals;
  const terms: readonly (readonly [name: string, count: number, more?: string])[] = [
    ["shown", totals.shown],
    ["hidden as harmless", hidden.normal + hidden.copy, reasonsText(hiddenByReason)],
    ["filtered", totals.filtered],
    ["limited", totals.limited],
    ["unread", totals.unread],
    ["lost", totals.lost],
    ["undecodable", totals.undecodable],
  ];
  const present = terms
    .filter(([, count]) => count > 0)
    .map(([name, count, more = ""]) => `${name} ${count}${more}`);
  const sum = present.length === 0 ? "" : ` = ${present.join(" + ")}`;
  const beside = [
    ...(totals.missed > 0 ? [`missed: at most ${totals.missed}`] : []),
    ...(refused === undefined || (refused.count === 0 && refused.problem === undefined)
      ? []
      : [`SYNs refused by listening sockets: ${refusedCountText(refused)}`]),
  ];
  return [
    [`seen ${totals.seen}${sum}`, ...beside].join("; "),
    ...(unreadBy === undefined ? [] : [`unread: ${unreadText(unreadBy)}`]),
    ...ownerLateText(summary),
    ...outputs.slice(1).map(({ name, drop }) => `${plainText(name)}: ${drop.shown} written`),
  ];
}

/** A line where there were any. */
export function ownerLateText({ ownerLate = 0 }: SummaryNotice): readonly string[] {
  return ownerLate === 0
    ? []
    : [`owners: ${ownerLate} shown before the owner was known; a longer --owner-wait waits for them`];
}

/** How many SYNs were refused: exactly, or a bound. */
export function refusedCountText({ count, atMost, problem }: RefusedTotal): string {
  return countText(count, atMost, problem !== undefined);
}

/** `isMore`: there may be some that were not counted. */
export function countText(count: number, atMost: boolean, isMore = false): string {
  if (isMore) return `${atMost ? "about" : "at least"} ${count}`;
  return atMost ? `at most ${count}` : String(count);
}

function reasonsText(counts: readonly ReasonCount[]): string {
  const listed = counts.slice(0, 3).map((one) => (one.other === true ? "others" : reasonText(one)));
  return listed.length === 0
    ? ""
    : ` (${listed.join(", ")}${counts.length > 3 ? ", ..." : ""}; -a shows them)`;
}
