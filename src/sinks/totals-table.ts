/**
 * Totals by site, as a table for people: on a terminal each table replaces the one before, and fits it
 * (fitted-totals.ts); elsewhere they follow each other.
 */
import { plural } from "../findings/index.ts";
import { DROP_CLASSES, isHarmless, type SiteCount, type TotalsNotice } from "../model/index.ts";
import { fitTotals, type TotalsRow, type TotalsTable } from "./fitted-totals.ts";
import { plainText } from "./plain-text.ts";
import { rateNumber } from "./rate-text.ts";
import { reasonText } from "./reason-text.ts";
import { type SinkOptions, type SortKey, textOf } from "./sink.ts";
import { localTimeOfDay } from "./time-text.ts";

export type TotalsOptions = Pick<SinkOptions, "all" | "colour" | "columns" | "rows" | "sort">;

const TITLES = ["DROPS/S", "TOTAL", "SHARE", "LAST", "IP", "CLASS", "REASON", "LOCATION"] as const;
/** Minimum widths; the first three are numbers, aligned to the right. */
const WIDTHS = [9, 12, 6, 8, 2, 9, 24, 0] as const;
const NUMBERS = 3;
/** Sites with a row of their own. */
const MAX_ROWS = 20;

/** Whole lines. Harmless sites only with `all`. */
export function formatTotals({ timeNs, sites, ofRun, totals }: TotalsNotice, options: TotalsOptions): string {
  const wanted = sorted(
    sites.filter(({ class: dropClass }) => options.all || !isHarmless(dropClass)),
    options.sort,
  );
  const sum = countOf(wanted);
  const perSecond = wanted.reduce((rate, site) => rate + site.perSecond, 0);
  const hidden = countOf(sites) - sum;
  const time = timeText(timeNs);
  const rate = `${rateNumber(perSecond)}/s${ofRun === true ? " over the run" : ""}`;
  const head = [`${time}  ${plural(sum, "drop")}, ${rate}, at ${plural(wanted.length, "site")}`];
  if (hidden > 0) head.push(`harmless, not in the table: ${hidden}`);
  if (totals.filtered > 0) head.push(`filtered: ${totals.filtered}`);
  const table = {
    head: head.join("; "),
    titles: TITLES,
    numbers: NUMBERS,
    rows: wanted.map(rowOf(sum)),
    rest,
  };
  return options.columns === undefined
    ? formatWhole(table)
    : fitTotals(table, { ...options, columns: options.columns });
}

function formatWhole({ head, titles, rows }: TotalsTable): string {
  const lines = [head, formatLine(titles)];
  for (const { cells, advice } of rows.slice(0, MAX_ROWS)) lines.push(formatLine(cells), `  ${advice}`);
  const left = rows.slice(MAX_ROWS);
  if (left.length > 0) lines.push(rest(left));
  return `${lines.join("\n")}\n\n`;
}

function rest(rows: readonly TotalsRow[]): string {
  return `... and ${countOf(rows.map(({ site }) => site))} at ${plural(rows.length, "more site")}`;
}

function rowOf(sum: number): (site: SiteCount) => TotalsRow {
  return (site) => ({ site, cells: cellsOf(site, sum), advice: plainText(site.advice) });
}

function cellsOf(site: SiteCount, sum: number): readonly string[] {
  return [
    rateNumber(site.perSecond),
    String(site.count),
    `${((100 * site.count) / sum).toFixed(1)}%`,
    timeText(site.lastNs),
    String(site.ip ?? "-"),
    site.class,
    reasonText(site),
    siteText(site),
  ];
}

/** They come most first, and stay so among equals. */
function sorted(sites: readonly SiteCount[], key: SortKey = "total"): readonly SiteCount[] {
  return sites.toSorted(ORDERS[key]);
}

const byText =
  (text: (site: SiteCount) => string) =>
  (one: SiteCount, other: SiteCount): number =>
    text(one).localeCompare(text(other), "en");

const ORDERS: Readonly<Record<SortKey, (one: SiteCount, other: SiteCount) => number>> = {
  total: (one, other) => other.count - one.count,
  rate: (one, other) => other.perSecond - one.perSecond,
  last: (one, other) => Number(other.lastNs - one.lastNs),
  class: (one, other) => DROP_CLASSES.indexOf(one.class) - DROP_CLASSES.indexOf(other.class),
  reason: byText(reasonText),
  location: byText(siteText),
};

/** The location of a site; further sites share a row without one when the kernel's map is full. */
export function siteText({ location }: SiteCount): string {
  return location === undefined ? "(other sites: the map was full)" : plainText(location);
}

const second = localTimeOfDay(false);

function timeText(timeNs: bigint): string {
  return textOf((to) => second(timeNs, to));
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
