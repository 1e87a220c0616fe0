/** Fields of the notices of a run, and of the objects in their lists. */
import type { LostNotice, SummaryNotice, TotalsNotice } from "../notices.ts";
import type { CostStats, ReasonCount, SiteCount } from "../totals.ts";
import { DROP_CLASSES, REFUSED_CAUSES } from "../words.ts";
import { COUNT, type Field, type ObjectType, U32 } from "./field.ts";

/** What tells a line of JSON from those of other kinds. */
function typeField<E>(kind: string): Field<E> {
  return { name: "type", type: "text", oneOf: [kind], doc: "Kind of this line.", get: () => kind };
}

function count<E>(name: string, doc: string, get: (of: E) => number | undefined, optional = false): Field<E> {
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

/** One element of `places` and `by_place`. */
export const SITE_COUNT_FIELDS: readonly Field<SiteCount>[] = [
  {
    name: "class",
    type: "text",
    oneOf: DROP_CLASSES,
    doc: "Class of these drops, as far as reason and location decide it.",
    get: (e) => e.class,
  },
  ...REASON,
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
  count(
    "per_second",
    "Drops a second: since the last line of type totals; in the summary, of the whole run.",
    (e) => e.perSecond,
  ),
  { name: "last", type: "time", doc: "When the last one was dropped.", get: (e) => e.lastNs },
];

const SITE_COUNT: ObjectType = {
  name: "place",
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

const REASON_COUNT: ObjectType = {
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
    name: "places",
    type: "objects",
    of: SITE_COUNT,
    doc: "Drops by site, most first.",
    get: (e) => e.sites,
  },
];

/** The last line of a run; counts are of skbs unless they say otherwise. */
export const SUMMARY_FIELDS: readonly Field<SummaryNotice>[] = [
  typeField("summary"),
  { name: "started", type: "time", doc: "When the trace began.", get: (e) => e.startedNs },
  { name: "ended", type: "time", doc: "When the trace ended.", get: (e) => e.endedNs },
  count(
    "seen",
    "TCP drops that the program in the kernel saw: shown + hidden_normal + hidden_copy + filtered + " +
      "limited + unread + lost + undecodable.",
    (e) => e.totals.seen,
  ),
  count("shown", "Drops that were shown.", (e) => e.totals.shown),
  count(
    "shown_segments",
    "Wire segments that the shown drops stand for; not part of the sum.",
    (e) => e.totals.shownSegments,
  ),
  count("hidden_normal", "Hidden drops of class normal.", (e) => e.totals.hidden.normal),
  count("hidden_copy", "Hidden drops of class copy.", (e) => e.totals.hidden.copy),
  count("filtered", "Drops that the filter rejected.", (e) => e.totals.filtered),
  count(
    "limited",
    "Drops that were counted and not shown, as --summary, --max-events or --sample has it.",
    (e) => e.totals.limited,
  ),
  count(
    "unread",
    "Drops that came after the last one that was wanted, or that the output did not take: it was full, " +
      "slow or gone.",
    (e) => e.totals.unread,
  ),
  count("lost", "Drops that the ring buffer had no room for.", (e) => e.totals.lost),
  count("undecodable", "Drops whose headers could not be read.", (e) => e.totals.undecodable),
  count(
    "missed",
    "Upper bound of drops that the kernel did not let the program see; not part of the sum.",
    (e) => e.totals.missed,
  ),
  count(
    "refused_syns",
    "SYNs that listening sockets refused; not part of the sum. Absent where listening sockets were not " +
      "watched.",
    (e) => e.totals.refusedSyns?.count,
    true,
  ),
  {
    name: "refused_syns_at_most",
    type: "boolean",
    doc: "True where `refused_syns` is an upper bound.",
    optional: true,
    get: (e) => e.totals.refusedSyns?.atMost,
  },
  {
    name: "refused_syns_problem",
    type: "text",
    doc: "Why there may be more of them, that could not be counted; absent where all were.",
    optional: true,
    get: (e) => e.totals.refusedSyns?.problem,
  },
  {
    name: "refused_by_cause",
    type: "counts",
    doc: "Refused SYNs: a count for each cause.",
    optional: true,
    get: (e) => e.totals.refusedSyns?.byCause,
  },
  {
    name: "refused_causes_at_most",
    type: "words",
    oneOf: REFUSED_CAUSES,
    doc: "Causes whose count in `refused_by_cause` is an upper bound.",
    optional: true,
    get: (e) => e.totals.refusedSyns?.causesAtMost,
  },
  {
    name: "shown_by_reason",
    type: "objects",
    of: REASON_COUNT,
    doc: "Shown drops by reason, most first.",
    get: (e) => e.shownByReason,
  },
  {
    name: "hidden_by_reason",
    type: "objects",
    of: REASON_COUNT,
    doc: "Hidden drops by reason, most first.",
    get: (e) => e.hiddenByReason,
  },
  {
    name: "undecodable_by_kind",
    type: "counts",
    doc: "Why drops were undecodable: a count for each kind.",
    get: (e) => e.undecodableByKind,
  },
  {
    name: "by_place",
    type: "objects",
    of: SITE_COUNT,
    doc:
      "All drops that the kernel accepted and could decode, by site, most first; exact, whatever was shown " +
      "or lost. With `filter_rest`, also those that user space filtered.",
    get: (e) => e.bySite,
  },
  {
    name: "filter_rest",
    type: "text",
    doc:
      "The part of the filter that user space evaluated, long lists cut, after hiding harmless drops and " +
      "counting sites. Absent if the kernel evaluated all of it.",
    optional: true,
    get: (e) => e.filterRest,
  },
  {
    name: "cost",
    type: "counts",
    doc: "With --stats, what tracing cost: see below.",
    optional: true,
    get: (e) => costCounts(e.cost),
  },
  {
    name: "blind_spots",
    type: "texts",
    doc: "What this kernel lets nobody see, a sentence each.",
    get: (e) => e.blindSpots,
  },
];

function costCounts(cost: CostStats | undefined): Readonly<Record<string, number>> | undefined {
  if (cost === undefined) return undefined;
  return {
    program_runs: cost.programRuns,
    program_ns: cost.programNs,
    cpu_ms: cost.cpuMs,
    duration_ms: cost.durationMs,
    rss_bytes: cost.rssBytes,
    peak_rss_bytes: cost.peakRssBytes,
    ring_high_water_bytes: cost.ringHighWaterBytes,
    ring_bytes: cost.ringBytes,
  };
}
