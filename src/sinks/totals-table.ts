/**
 * Totals by place, as a table for people: on a terminal it is drawn anew each time, elsewhere one follows the
 * other.
 */
import { isHarmless, type SiteCount, type TotalsNotice } from "../model/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { textOf } from "./sink.ts";
import { localTimeOfDay } from "./time-text.ts";

const TITLES = ["DROPS/S", "TOTAL", "SHARE", "LAST", "IP", "CLASS", "REASON", "LOCATION"] as const;
/** Least widths; the first three are numbers and stand at the right. */
const WIDTHS = [9, 12, 6, 8, 2, 9, 24, 0] as const;
const NUMBERS = 3;
/** Places that are told one by one. */
const MOST = 20;

/** Whole lines; an empty one at the end. Harmless places only where `all`. */
export function formatTotals(
  { timeNs, sites, totals }: TotalsNotice,
  time: (timeNs: bigint) => string,
  all: boolean,
): string {
  const wanted = sites.filter(({ class: dropClass }) => all || !isHarmless(dropClass));
  const sum = countOf(wanted);
  const perSecond = wanted.reduce((rate, place) => rate + place.perSecond, 0);
  const hidden = countOf(sites) - sum;
  const head = [
    `${time(timeNs)}  ${sum} drops, ${perSecond}/s, at ${wanted.length} ${wanted.length === 1 ? "place" : "places"}`,
  ];
  if (hidden > 0) head.push(`harmless, not in the table: ${hidden}`);
  if (totals.filtered > 0) head.push(`filtered: ${totals.filtered}`);
  const lines = [head.join("; "), formatLine(TITLES)];
  for (const place of wanted.slice(0, MOST))
    lines.push(formatLine(cellsOf(place, sum, time)), `  ${plainText(place.advice)}`);
  const rest = wanted.slice(MOST);
  if (rest.length > 0)
    lines.push(`... and ${countOf(rest)} at ${rest.length} more ${rest.length === 1 ? "place" : "places"}`);
  return `${lines.join("\n")}\n\n`;
}

/** The same for stderr, where somebody asks for the totals of a run that shows rows. */
export function formatTotalsOnRequest(notice: TotalsNotice, all: boolean): string {
  const second = localTimeOfDay(false);
  return formatTotals(notice, (timeNs) => textOf((to) => second(timeNs, to)), all);
}

function cellsOf(place: SiteCount, sum: number, time: (timeNs: bigint) => string): readonly string[] {
  return [
    String(place.perSecond),
    String(place.count),
    `${((100 * place.count) / sum).toFixed(1)}%`,
    time(place.lastNs),
    String(place.ip ?? "-"),
    place.class,
    reasonText(place),
    placeText(place),
  ];
}

/** Where it was; what came when the kernel's map was full has no place of its own. */
export function placeText({ location }: SiteCount): string {
  return location === undefined ? "(other places: the map was full)" : plainText(location);
}

function formatLine(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at < NUMBERS ? cell.padStart(WIDTHS[at] ?? 0) : cell.padEnd(WIDTHS[at] ?? 0)))
    .join("  ")
    .trimEnd();
}

function countOf(places: readonly SiteCount[]): number {
  return places.reduce((sum, { count }) => sum + count, 0);
}
