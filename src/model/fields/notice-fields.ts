/** Fields of losses and totals, and of the counts in their lists. */
import type { LostNotice, TotalsNotice } from "../notices.ts";
import type { ReasonCount, SiteCount } from "../totals.ts";
import { DROP_CLASSES } from "../words.ts";
import { COUNT, type Field, type ObjectType, U32 } from "./field.ts";
import { OWNER_SUM } from "./owner-sum-fields.ts";

/** Which kind a line of JSON is of. */
export function typeField<E>(kind: string): Field<E> {
  return { name: "type", type: "text", oneOf: [kind], doc: "Kind of this line.", get: () => kind };
}

export function count<E>(
  name: string,
  doc: string,
  get: (of: E) => number | undefined,
  optional = false,
): Field<E> {
  return { name, type: "integer", range: COUNT, doc, get, optional };
}

/** Drops that the ring buffer had no room for. */
export const LOST_FIELDS: readonly Field<LostNotice>[] = [
  typeField("lost"),
  { name: "time", type: "time", doc: "When the loss was noticed.", get: (e) => e.timeNs },
  count("count", "Drops lost since the last line of this type.", (e) => e.count),
  count("total", "Drops lost since the start.", (e) => e.total),
];

const REASON: readonly Field<
  Pick<ReasonCount, "reasonCode" | "reason" | "reasonSubsystem" | "reasonInferred">
>[] = [
  {
    name: "reason_code",
    type: "integer",
    range: U32,
    doc: "Number of the reason; absent where the kernel gives none.",
    optional: true,
    get: (e) => e.reasonCode,
  },
  { name: "reason", type: "text", doc: "Name of the reason.", optional: true, get: (e) => e.reason },
  {
    name: "reason_subsystem",
    type: "text",
    doc: "Subsystem that defines the reason.",
    optional: true,
    get: (e) => e.reasonSubsystem,
  },
  {
    name: "reason_inferred",
    type: "boolean",
    doc: "True if the kernel gives no reasons, and `reason` follows from the location.",
    get: (e) => e.reasonInferred,
  },
];

/** One element of `sites` and `by_site`. */
export const SITE_COUNT_FIELDS: readonly Field<SiteCount>[] = [
  {
    name: "class",
    type: "text",
    oneOf: DROP_CLASSES,
    doc: "Class of these drops; without `variant` the worst that they may be of.",
    get: (e) => e.class,
  },
  ...REASON,
  {
    name: "variant",
    type: "text",
    doc: "What of the reason they are, as in events; absent where drops were not read and may be of several.",
    optional: true,
    get: (e) => e.variant,
  },
  {
    name: "location",
    type: "text",
    doc: "Location in the kernel; absent for further sites when the kernel's map of sites is full.",
    optional: true,
    get: (e) => e.location,
  },
  {
    name: "ip",
    type: "integer",
    range: [4, 6],
    doc: "IP version: 4 or 6.",
    optional: true,
    get: (e) => e.ip,
  },
  count("count", "How many drops, exactly, since the start.", (e) => e.count),
  {
    name: "per_second",
    type: "number",
    doc:
      "Drops a second since the last line of type totals; where fewer than ten came since then, of the longest " +
      "time, up to ten seconds, in which so few came. In the summary, of the whole run.",
    get: (e) => e.perSecond,
  },
  { name: "last", type: "time", doc: "When the last one was dropped.", get: (e) => e.lastNs },
];

export const SITE_COUNT: ObjectType = {
  name: "site",
  doc: "What was dropped for a reason at a location.",
  fields: SITE_COUNT_FIELDS,
};

/** One element of `shown_by_reason` and `hidden_by_reason`. */
export const REASON_COUNT_FIELDS: readonly Field<ReasonCount>[] = [
  {
    name: "class",
    type: "text",
    oneOf: DROP_CLASSES,
    doc: "Class of these drops.",
    get: (e) => e.class,
  },
  ...REASON,
  {
    name: "variant",
    type: "text",
    doc: "What of the reason they are, as in events; absent of hidden drops.",
    optional: true,
    get: (e) => e.variant,
  },
  {
    name: "advice",
    type: "text",
    doc: "What to check or do next; absent of hidden drops.",
    optional: true,
    get: (e) => e.advice,
  },
  {
    name: "other",
    type: "boolean",
    doc:
      "True for all reasons together that the program in the kernel has no counter of their own for: they " +
      "have neither name nor code.",
    optional: true,
    get: (e) => e.other,
  },
  count("count", "How many drops.", (e) => e.count),
];

export const REASON_COUNT: ObjectType = {
  name: "reason_count",
  doc: "How many drops had a reason.",
  fields: REASON_COUNT_FIELDS,
};

/** What was dropped until now, by site: `--summary`. */
export const TOTALS_FIELDS: readonly Field<TotalsNotice>[] = [
  typeField("totals"),
  { name: "time", type: "time", doc: "When the totals were read.", get: (e) => e.timeNs },
  count("seen", "TCP drops that the program in the kernel saw until then.", (e) => e.totals.seen),
  count("filtered", "Drops that the filter rejected; they belong to no site.", (e) => e.totals.filtered),
  count("undecodable", "Drops with unreadable headers; they belong to no site.", (e) => e.totals.undecodable),
  {
    name: "sites",
    type: "objects",
    of: SITE_COUNT,
    doc: "Drops by site, most first.",
    get: (e) => e.sites,
  },
  {
    name: "owners",
    type: "objects",
    of: OWNER_SUM,
    doc: "The same drops by owner and class, most first: `--summary=owner`.",
    optional: true,
    get: (e) => e.owners,
  },
];
