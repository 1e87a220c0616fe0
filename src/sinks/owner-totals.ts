/** Totals by owner, as a table's rows. */
import { plural } from "../findings/index.ts";
import { DROP_CLASSES, isHarmless, type OwnerSum } from "../model/index.ts";
import type { TotalsBody, TotalsOptions } from "./fitted-totals.ts";
import { ownerText } from "./owner-text.ts";
import { rateNumber } from "./rate-text.ts";
import type { SortKey } from "./sink.ts";
import { countOf, rateOf, shareText } from "./totals-time.ts";

const TITLES = ["DROPS/S", "TOTAL", "SHARE", "CLASS", "OWNER"] as const;
const WIDTHS = [9, 12, 6, 9, 0] as const;
/** The first three are numbers, aligned to the right. */
const NUMBERS = 3;
const PAINTED: ReadonlySet<string> = new Set(["CLASS"]);

export function ownersTable(owners: readonly OwnerSum[], { all, sort }: TotalsOptions): TotalsBody {
  const wanted = owners
    .filter(({ class: dropClass }) => all || dropClass === undefined || !isHarmless(dropClass))
    .toSorted(ORDERS[sort ?? "total"] ?? ORDERS.total);
  const sum = countOf(wanted);
  const names = new Set(wanted.flatMap((one) => (one.of === "cgroup" ? [ownerSumText(one)] : [])));
  return {
    titles: TITLES,
    widths: WIDTHS,
    numbers: NUMBERS,
    painted: PAINTED,
    rows: wanted.map((one) => ({
      count: one.count,
      class: one.class,
      cells: [
        rateNumber(one.perSecond),
        String(one.count),
        shareText(one.count, sum),
        one.class ?? "-",
        ownerSumText(one),
      ],
      advice: undefined,
    })),
    rest: (rows) => `... and ${countOf(rows)} in ${plural(rows.length, "more row")}`,
    sum,
    perSecond: rateOf(wanted),
    where: `of ${plural(names.size, "known owner")}`,
    hidden: countOf(owners) - sum,
  };
}

/** "nginx.service", "shop/web-7d9f", or why there is no name. */
function ownerSumText({ of, owner, cgroupId }: OwnerSum): string {
  if (of === "unknown") return "(no socket that says its cgroup)";
  if (of === "other") return "(other owners: the map was full)";
  return owner === undefined ? `(cgroup ${cgroupId}, removed before it was named)` : ownerText(owner);
}

const byText = (one: OwnerSum, other: OwnerSum): number =>
  ownerSumText(one).localeCompare(ownerSumText(other), "en");

/** Owners have no site. They come most first, and stay so among equals. */
const ORDERS: Readonly<Partial<Record<SortKey, (one: OwnerSum, other: OwnerSum) => number>>> = {
  total: (one, other) => other.count - one.count,
  rate: (one, other) => other.perSecond - one.perSecond,
  class: (one, other) => rankOf(one) - rankOf(other),
  owner: byText,
};

/** Those without a class may be the worst. */
function rankOf({ class: dropClass }: OwnerSum): number {
  return dropClass === undefined ? -1 : DROP_CLASSES.indexOf(dropClass);
}
