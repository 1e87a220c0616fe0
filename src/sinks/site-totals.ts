/** Totals by site, as a table's rows. */
import { plural } from "../findings/index.ts";
import { DROP_CLASSES, isHarmless, type SiteCount } from "../model/index.ts";
import type { TotalsBody, TotalsOptions } from "./fitted-totals.ts";
import { plainText } from "./plain-text.ts";
import { rateNumber } from "./rate-text.ts";
import { reasonText } from "./reason-text.ts";
import type { SortKey } from "./sink.ts";
import { countOf, rateOf, shareText, timeText } from "./totals-time.ts";

const TITLES = ["DROPS/S", "TOTAL", "SHARE", "LAST", "IP", "CLASS", "REASON", "LOCATION"] as const;
const WIDTHS = [9, 12, 6, 8, 2, 9, 24, 0] as const;
/** The first three are numbers, aligned to the right. */
const NUMBERS = 3;
const PAINTED: ReadonlySet<string> = new Set(["CLASS", "REASON"]);

export function sitesTable(sites: readonly SiteCount[], { all, sort }: TotalsOptions): TotalsBody {
  const wanted = sorted(
    sites.filter(({ class: dropClass }) => all || !isHarmless(dropClass)),
    sort,
  );
  const sum = countOf(wanted);
  return {
    titles: TITLES,
    widths: WIDTHS,
    numbers: NUMBERS,
    painted: PAINTED,
    rows: wanted.map((site) => ({
      count: site.count,
      class: site.class,
      cells: cellsOf(site, sum),
      advice: plainText(site.advice),
    })),
    rest: (rows) => `... and ${countOf(rows)} at ${plural(rows.length, "more site")}`,
    sum,
    perSecond: rateOf(wanted),
    where: `at ${plural(wanted.length, "site")}`,
    hidden: countOf(sites) - sum,
  };
}

function cellsOf(site: SiteCount, sum: number): readonly string[] {
  return [
    rateNumber(site.perSecond),
    String(site.count),
    shareText(site.count, sum),
    timeText(site.lastNs),
    String(site.ip ?? "-"),
    site.class,
    reasonText(site),
    siteText(site),
  ];
}

/** They come most first, and stay so among equals. */
function sorted(sites: readonly SiteCount[], key: SortKey = "total"): readonly SiteCount[] {
  return sites.toSorted(ORDERS[key] ?? ORDERS.total);
}

const byText =
  (text: (site: SiteCount) => string) =>
  (one: SiteCount, other: SiteCount): number =>
    text(one).localeCompare(text(other), "en");

/** Sites have no owner. */
const ORDERS: Readonly<Partial<Record<SortKey, (one: SiteCount, other: SiteCount) => number>>> = {
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
