/**
 * Totals by site, as a table for people: on a terminal each table replaces the one before, elsewhere they
 * follow each other.
 */
import { isHarmless, type SiteCount, type TotalsNotice } from "../model/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { textOf } from "./sink.ts";
import { localTimeOfDay } from "./time-text.ts";

const TITLES = ["DROPS/S", "TOTAL", "SHARE", "LAST", "IP", "CLASS", "REASON", "LOCATION"] as const;
/** Minimum widths; the first three are numbers, aligned to the right. */
const WIDTHS = [9, 12, 6, 8, 2, 9, 24, 0] as const;
const NUMBERS = 3;
/** Sites with a row of their own. */
const MAX_ROWS = 20;

/** Whole lines, the last one empty. Harmless sites only with `all`. */
export function formatTotals(
  { timeNs, sites, totals }: TotalsNotice,
  time: (timeNs: bigint) => string,
  all: boolean,
): string {
  const wanted = sites.filter(({ class: dropClass }) => all || !isHarmless(dropClass));
  const sum = countOf(wanted);
  const perSecond = wanted.reduce((rate, site) => rate + site.perSecond, 0);
  const hidden = countOf(sites) - sum;
  const head = [`${time(timeNs)}  ${sum} drops, ${perSecond}/s, at ${plural(wanted.length, "site")}`];
  if (hidden > 0) head.push(`harmless, not in the table: ${hidden}`);
  if (totals.filtered > 0) head.push(`filtered: ${totals.filtered}`);
  const lines = [head.join("; "), formatLine(TITLES)];
  for (const site of wanted.slice(0, MAX_ROWS))
    lines.push(formatLine(cellsOf(site, sum, time)), `  ${plainText(site.advice)}`);
  const rest = wanted.slice(MAX_ROWS);
  if (rest.length > 0) lines.push(`... and ${countOf(rest)} at ${plural(rest.length, "more site")}`);
  return `${lines.join("\n")}\n\n`;
}

/** The same for stderr: totals on request, in a run that shows rows. */
export function formatTotalsOnRequest(notice: TotalsNotice, all: boolean): string {
  const second = localTimeOfDay(false);
  return formatTotals(notice, (timeNs) => textOf((to) => second(timeNs, to)), all);
}

function cellsOf(site: SiteCount, sum: number, time: (timeNs: bigint) => string): readonly string[] {
  return [
    String(site.perSecond),
    String(site.count),
    `${((100 * site.count) / sum).toFixed(1)}%`,
    time(site.lastNs),
    String(site.ip ?? "-"),
    site.class,
    reasonText(site),
    siteText(site),
  ];
}

/** The location of a site; further sites share a row without one when the kernel's map is full. */
export function siteText({ location }: SiteCount): string {
  return location === undefined ? "(other sites: the map was full)" : plainText(location);
}

function formatLine(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at < NUMBERS ? cell.padStart(WIDTHS[at] ?? 0) : cell.padEnd(WIDTHS[at] ?? 0)))
    .join("  ")
    .trimEnd();
}

function countOf(sites: readonly SiteCount[]): number {
  return sites.reduce((sum, { count }) => sum + count, 0);
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
