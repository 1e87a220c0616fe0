/**
 * What a run tells its user in words, for stderr: loss while it runs, and the numbers at the end.
 *
 * The numbers are an identity (see Totals in model/totals.ts): what was seen is all accounted for.
 */
import {
  type CostStats,
  type LostNotice,
  REFUSED_CAUSES,
  type ReasonCount,
  type RefusedTotal,
  type SiteCount,
  type SummaryNotice,
  type Totals,
} from "../model/index.ts";
import { LISTEN, reasonRow } from "../reasons/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { placeText } from "./totals-table.ts";

/** Places in the words at the end. */
const MOST_PLACES = 10;

/** One line of advice for a reason, if there is any; the reasons table gives it. */
export type AdviceFor = (count: ReasonCount) => string | undefined;

/** One line with its newline: "tcpdrop: lost 12 drops (15 in all): ...". */
export function formatLostWords(event: LostNotice): string {
  return `tcpdrop: lost ${event.count} ${event.count === 1 ? "drop" : "drops"} (${event.total} in all): the ring buffer was full; give it more room with --buffer\n`;
}

/**
 * Lines with their newlines: the identity, then shown drops by reason, then hidden ones and how to see them,
 * then what to do about drops that were not shown.
 */
export function formatSummaryWords(event: SummaryNotice, adviceFor: AdviceFor = () => undefined): string {
  const lines = [formatIdentity(event.totals)];
  if (event.shownByReason.length > 0)
    lines.push("shown by reason:", ...formatCounts(event.shownByReason, adviceFor));
  const refused = event.totals.refusedSyns;
  if (refused !== undefined && refused.count > 0)
    lines.push("SYNs refused by listening sockets, by cause:", ...formatRefused(refused));
  const { filterRest } = event;
  const hiddenWhat =
    filterRest === undefined
      ? "(-a shows them)"
      : `before user space asked "${plainText(filterRest)}" (-a shows those that it accepts)`;
  if (event.hiddenByReason.length > 0)
    lines.push(`hidden by reason ${hiddenWhat}:`, ...formatCounts(event.hiddenByReason, () => undefined));
  const undecodable = Object.entries(event.undecodableByKind).filter(([, count]) => count > 0);
  if (undecodable.length > 0)
    lines.push(
      `undecodable: ${undecodable.map(([kind, count]) => `${plainText(kind)} ${count}`).join(", ")}`,
    );
  const { lost, unread, limited } = event.totals;
  if (lost + unread + limited > 0 && event.bySite.length > 0)
    lines.push(
      `all by place, counted in the kernel${filterRest === undefined ? "" : ` before user space asked "${plainText(filterRest)}"`}:`,
      ...formatPlaces(event.bySite),
    );
  if (event.totals.lost > 0)
    lines.push(
      "lost: the ring buffer was full. Give it more room with --buffer; --no-stack makes records smaller",
    );
  if (event.totals.unread > 0)
    lines.push(
      "unread: --count was reached, or what takes the output went away, was full or too slow. If slow: " +
        "write to a file, or choose less with --netns, -4, -6 or --no-stack",
    );
  for (const blindSpot of event.blindSpots) lines.push(`not seen: ${blindSpot}`);
  if (event.cost !== undefined) lines.push(formatCost(event.cost, event.totals));
  return `${lines.join("\n")}\n`;
}

/** The identity on one line, without a newline. Every sum in it can be checked by eye. */
export function formatIdentity(totals: Totals): string {
  const { hidden } = totals;
  const segments = totals.shownSegments > totals.shown ? ` (${totals.shownSegments} segments)` : "";
  const kinds = [
    `shown ${totals.shown}${segments}`,
    `hidden ${hidden.normal + hidden.copy} (normal ${hidden.normal}, copy ${hidden.copy})`,
    `filtered ${totals.filtered}`,
    `limited ${totals.limited}`,
    `unread ${totals.unread}`,
    `lost ${totals.lost}`,
    `undecodable ${totals.undecodable}`,
  ];
  return `seen ${totals.seen} = ${kinds.join(" + ")}; missed: at most ${totals.missed}${formatRefusedSyns(totals.refusedSyns)}`;
}

function formatPlaces(places: readonly SiteCount[]): string[] {
  const told = places.slice(0, MOST_PLACES);
  const width = Math.max(...told.map(({ count }) => String(count).length));
  const lines = told.map(
    (place) =>
      `  ${String(place.count).padStart(width)}  ${reasonText(place)}  ${place.class}  ${placeText(place)}${place.ip === 6 ? "  IPv6" : ""}`,
  );
  const rest = places.slice(MOST_PLACES).reduce((sum, { count }) => sum + count, 0);
  return rest === 0
    ? lines
    : [...lines, `  ${String(rest).padStart(width)}  at ${places.length - MOST_PLACES} more places`];
}

/** What tracing cost, on one line. */
function formatCost(cost: CostStats, { seen }: Totals): string {
  const seconds = Math.max(1, cost.durationMs) / 1000;
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const perRun =
    cost.programRuns === 0 ? "no run" : `${(cost.programNs / cost.programRuns).toFixed(0)} ns a run`;
  return [
    `cost: program in the kernel ${perRun}, ${cost.programRuns} runs, ${((100 * cost.programNs) / 1e9 / seconds).toFixed(2)} % of a CPU`,
    `this process ${(cost.cpuMs / 10 / seconds).toFixed(1)} % of a CPU, ${megabytes(cost.rssBytes)} (at most ${megabytes(cost.peakRssBytes)})`,
    `${Math.round(seen / seconds)} drops/s seen`,
    `ring at most ${((100 * cost.ringHighWaterBytes) / cost.ringBytes).toFixed(1)} % full`,
  ].join("; ");
}

function formatRefusedSyns(refused: RefusedTotal | undefined): string {
  return refused === undefined ? "" : `; refused SYNs: ${refused.atMost ? "at most " : ""}${refused.count}`;
}

function formatRefused({ byCause }: RefusedTotal): string[] {
  const causes = REFUSED_CAUSES.flatMap((cause) =>
    byCause[cause] === undefined ? [] : [{ cause, count: byCause[cause] }],
  );
  const width = Math.max(...causes.map(({ count }) => String(count).length));
  return causes.map(
    ({ cause, count }) =>
      `  ${String(count).padStart(width)}  ${cause.padEnd(17)}  ${reasonRow(cause, LISTEN).advice}`,
  );
}

/** They share the last counter of the program in the kernel. */
const OTHER_REASONS = "other reasons";

function formatCounts(counts: readonly ReasonCount[], adviceFor: AdviceFor): string[] {
  const names = counts.map((count) => (count.other === true ? OTHER_REASONS : reasonText(count)));
  const numberWidth = Math.max(...counts.map((count) => String(count.count).length));
  const nameWidth = Math.max(...names.map((name) => name.length));
  return counts.map((count, at) => {
    const name = (names[at] ?? "").padEnd(nameWidth);
    const advice = adviceFor(count);
    const start = `  ${String(count.count).padStart(numberWidth)}  ${name}  ${count.class}`;
    return advice === undefined
      ? start
      : `${start.padEnd(numberWidth + nameWidth + 15)}  ${plainText(advice)}`;
  });
}
