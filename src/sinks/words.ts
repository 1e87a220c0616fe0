/**
 * Messages of a run for stderr: losses while it runs, and the numbers at the end.
 *
 * The numbers are an identity (see Totals in model/totals.ts): everything seen is accounted for.
 */
import {
  type CostStats,
  KINDS,
  type LostNotice,
  type OutputTotals,
  REFUSED_CAUSES,
  type ReasonCount,
  type RefusedTotal,
  type SiteCount,
  type SummaryNotice,
  type Totals,
} from "../model/index.ts";
import { KIND_WORDS } from "../model/kinds.ts";
import { LISTEN, reasonRow } from "../reasons/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { siteText } from "./site-totals.ts";
import { countText, ownerLateText, refusedCountText } from "./sums-text.ts";
import { unreadText } from "./unread-text.ts";

/** Sites in the summary. */
const MAX_SITES = 10;

/** One line with its newline: "tcpdrop: lost 12 drops (15 in total): ...". */
export function formatLostWords(event: LostNotice): string {
  const drops = event.count === 1 ? "drop" : "drops";
  const counts = `${event.count} ${drops} (${event.total} in total)`;
  return `tcpdrop: lost ${counts}: the ring buffer was full; raise --buffer\n`;
}

/**
 * Lines with their newlines: the identity, the shown drops by reason, the hidden ones and how to see them,
 * and what to do about drops that were not shown.
 */
export function formatSummaryWords(event: SummaryNotice): string {
  const lines = [formatIdentity(event.totals), ...formatOutputs(event)];
  if (event.shownByReason.length > 0) lines.push("shown by reason:", ...formatCounts(event.shownByReason));
  const refused = event.totals.refusedSyns;
  if (refused !== undefined && refused.count > 0)
    lines.push("SYNs refused by listening sockets, by cause:", ...formatRefused(refused));
  if (refused?.problem !== undefined) lines.push(plainText(refused.problem));
  const { filterRest } = event;
  const beforeRest =
    filterRest === undefined ? "" : ` before user space evaluated "${plainText(filterRest)}"`;
  const howToSee = filterRest === undefined ? "(-a shows them)" : "(-a shows those that it accepts)";
  if (event.hiddenByReason.length > 0)
    lines.push(`hidden by reason${beforeRest} ${howToSee}:`, ...formatCounts(event.hiddenByReason));
  const undecodable = Object.entries(event.undecodableByKind).filter(([, count]) => count > 0);
  if (undecodable.length > 0)
    lines.push(
      `undecodable: ${undecodable.map(([kind, count]) => `${plainText(kind)} ${count}`).join(", ")}`,
    );
  const { lost, unread, limited } = event.totals;
  if (lost + unread + limited > 0 && event.bySite.length > 0)
    lines.push(`all by site, aggregated in the kernel${beforeRest}:`, ...formatSites(event.bySite));
  if (event.totals.lost > 0)
    lines.push("lost: the ring buffer was full. Raise --buffer; --no-stack makes records smaller");
  if (event.unreadBy !== undefined) lines.push(`unread: ${unreadText(event.unreadBy)}`);
  lines.push(...ownerLateText(event));
  for (const blindSpot of event.blindSpots) lines.push(`not seen: ${blindSpot}`);
  if (event.cost !== undefined) lines.push(formatCost(event.cost, event.totals));
  return `${lines.join("\n")}\n`;
}

/** The identities after the first output's of drops: of its other kinds, and of every other output. */
function formatOutputs({ outputs: [first, ...others], totals: { refusedSyns } }: SummaryNotice): string[] {
  const besideDrops = (output: OutputTotals): string[] =>
    KINDS.flatMap((kind) => {
      const { [kind]: totals } = output;
      if (kind === "drop" || totals.seen === 0) return [];
      // How many were refused stands in the first line.
      if (kind === "refused" && totals.seen === totals.shown) return [];
      const atMost = kind === "refused" && refusedSyns?.atMost === true ? ", at most" : "";
      return [`${KIND_WORDS[kind].plural}${atMost}: ${formatIdentity(totals)}`];
    });
  return [
    ...(first === undefined ? [] : besideDrops(first)),
    ...others.flatMap((output) =>
      [formatIdentity(output.drop), ...besideDrops(output)].map(
        (identity) => `${plainText(output.name)}: ${identity}`,
      ),
    ),
  ];
}

/** The identity on one line, without a newline. The sum can be checked by eye. */
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
  const beside = `missed: at most ${totals.missed}${formatRefusedSyns(totals.refusedSyns)}`;
  return `seen ${totals.seen} = ${kinds.join(" + ")}; ${beside}`;
}

function formatSites(sites: readonly SiteCount[]): string[] {
  const listed = sites.slice(0, MAX_SITES);
  const width = Math.max(...listed.map(({ count }) => String(count).length));
  const lines = listed.map((site) => {
    const family = site.ip === 6 ? "  IPv6" : "";
    const count = String(site.count).padStart(width);
    return `  ${count}  ${reasonText(site)}  ${site.class}  ${siteText(site)}${family}`;
  });
  const rest = sites.slice(MAX_SITES).reduce((sum, { count }) => sum + count, 0);
  return rest === 0
    ? lines
    : [...lines, `  ${String(rest).padStart(width)}  at ${sites.length - MAX_SITES} more sites`];
}

/** What tracing cost, on one line. */
function formatCost(cost: CostStats, { seen }: Totals): string {
  const seconds = Math.max(1, cost.durationMs) / 1000;
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const programPercent = ((100 * cost.programNs) / 1e9 / seconds).toFixed(2);
  const processPercent = (cost.cpuMs / 10 / seconds).toFixed(1);
  const perRun =
    cost.programRuns === 0 ? "no run" : `${(cost.programNs / cost.programRuns).toFixed(0)} ns a run`;
  return [
    `cost: program in the kernel ${perRun}, ${cost.programRuns} runs, ${programPercent} % of a CPU`,
    `this process ${processPercent} % of a CPU, ${megabytes(cost.rssBytes)} (at most ${megabytes(cost.peakRssBytes)})`,
    `${Math.round(seen / seconds)} drops/s seen`,
    `ring at most ${((100 * cost.ringHighWaterBytes) / cost.ringBytes).toFixed(1)} % full`,
  ].join("; ");
}

function formatRefusedSyns(refused: RefusedTotal | undefined): string {
  return refused === undefined ? "" : `; refused SYNs: ${refusedCountText(refused)}`;
}

function formatRefused({ byCause, causesAtMost }: RefusedTotal): string[] {
  const causes = REFUSED_CAUSES.flatMap((cause) => {
    const count = byCause[cause];
    return count === undefined ? [] : [{ cause, count: countText(count, causesAtMost.includes(cause)) }];
  });
  const width = Math.max(...causes.map(({ count }) => count.length));
  return causes.map(
    ({ cause, count }) =>
      `  ${count.padStart(width)}  ${cause.padEnd(17)}  ${reasonRow(cause, LISTEN).advice}`,
  );
}

/** Reasons that share the last counter of the kernel program. */
const OTHER_REASONS = "other reasons";

function formatCounts(counts: readonly ReasonCount[]): string[] {
  const names = counts.map((count) => (count.other === true ? OTHER_REASONS : reasonText(count)));
  const numberWidth = Math.max(...counts.map((count) => String(count.count).length));
  const nameWidth = Math.max(...names.map((name) => name.length));
  return counts.map((count, at) => {
    const name = (names[at] ?? "").padEnd(nameWidth);
    const advice = adviceOf(count);
    const start = `  ${String(count.count).padStart(numberWidth)}  ${name}  ${count.class}`;
    return advice === undefined
      ? start
      : `${start.padEnd(numberWidth + nameWidth + 15)}  ${plainText(advice)}`;
  });
}

/** What to do, after the variant where the reason has one of its own here: "syn-again: ...". */
function adviceOf({ variant, advice }: ReasonCount): string | undefined {
  const tail = /\/(?!.*\/)(.*)$/.exec(variant ?? "")?.[1];
  return advice === undefined || tail === undefined ? advice : `${tail}: ${advice}`;
}
