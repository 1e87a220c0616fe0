/** Fields of the summary, the last notice of a run. */
import { KIND_WORDS, KINDS } from "../kinds.ts";
import type { SummaryNotice } from "../notices.ts";
import type { CostStats, OutputTotals, Totals } from "../totals.ts";
import { REFUSED_CAUSES } from "../words.ts";
import type { Field, ObjectType } from "./field.ts";
import { NOT_EVALUATED } from "./finding-fields.ts";
import { count, REASON_COUNT, SITE_COUNT, typeField } from "./notice-fields.ts";
import { OWNER_SUM } from "./owner-sum-fields.ts";

/** One element of `outputs`. */
export const OUTPUT_FIELDS: readonly Field<OutputTotals>[] = [
  { name: "name", type: "text", doc: "`stdout`, or the name of the file.", get: (e) => e.name },
  {
    name: KIND_WORDS.drop.field,
    type: "counts",
    doc: "The terms of the sum, as they are for this output: seen, shown, hidden_normal, and so on.",
    get: (e) => termsOf(e.drop),
  },
  ...KINDS.filter((kind) => kind !== "drop").map(
    (kind): Field<OutputTotals> => ({
      name: KIND_WORDS[kind].field,
      type: "counts",
      doc: `The same of ${KIND_WORDS[kind].plural}; absent where none was seen.`,
      optional: true,
      get: (output) => (output[kind].seen === 0 ? undefined : termsOf(output[kind])),
    }),
  ),
];

const OUTPUT: ObjectType = {
  name: "output",
  doc: "What became of the events at one output.",
  fields: OUTPUT_FIELDS,
};

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
  count("unread", "Drops that were seen and not shown, for a cause in `unread_by`.", (e) => e.totals.unread),
  {
    name: "unread_by",
    type: "counts",
    doc:
      "Why drops were unread: `count`, --count was reached; `closed`, the reader of the output had gone; `slow`, " +
      "the output did not take them in time; `ended`, they were in the ring buffer when the run was over. Absent " +
      "where none was unread.",
    optional: true,
    get: (e) => e.unreadBy,
  },
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
    name: "by_site",
    type: "objects",
    of: SITE_COUNT,
    doc:
      "All drops that the kernel accepted and could decode, by site, most first; exact, whatever was shown " +
      "or lost. With `filter_rest`, also those that user space filtered.",
    get: (e) => e.bySite,
  },
  {
    name: "by_owner",
    type: "objects",
    of: OWNER_SUM,
    doc: "The same drops by owner and class, most first; absent unless the kernel was asked to count them so.",
    optional: true,
    get: (e) => e.byOwner,
  },
  {
    name: "outputs",
    type: "objects",
    of: OUTPUT,
    doc: "For each output what became of the events: a file may have less than stdout, or more.",
    get: (e) => e.outputs,
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
  count(
    "owner_late",
    "Events that were shown before their owner was known. Absent where owners were not looked for.",
    (e) => e.ownerLate,
    true,
  ),
  {
    name: "headline",
    type: "text",
    doc: "What matters most, in one sentence; absent where nothing was concluded.",
    optional: true,
    get: (e) => e.report?.headline,
  },
  count("findings", "Lines of type finding before this one.", (e) => e.report?.findings, true),
  {
    name: "not_evaluated",
    type: "objects",
    of: NOT_EVALUATED,
    doc: "Rules that could not be evaluated, and why.",
    optional: true,
    get: (e) => e.report?.notEvaluated,
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
  {
    name: "problems",
    type: "texts",
    doc: "What could not be named, looked up or read in this run, and why, a sentence each.",
    get: (e) => e.problems,
  },
];

function termsOf(totals: Totals): Readonly<Record<string, number>> {
  return {
    seen: totals.seen,
    shown: totals.shown,
    hidden_normal: totals.hidden.normal,
    hidden_copy: totals.hidden.copy,
    filtered: totals.filtered,
    limited: totals.limited,
    unread: totals.unread,
    lost: totals.lost,
    undecodable: totals.undecodable,
  };
}

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
