/** The kernel's counters beside the drops, as a table for people and as lines of JSON. */
import type { WatchResult } from "../reconcile/counter-watch.ts";
import { type Explanation, isExplained, type ReconcileRow } from "../reconcile/reconcile.ts";
import { lineWriter } from "./json-lines.ts";
import { plainText } from "./plain-text.ts";
import { RECONCILE_FIELDS, type ReconcileLine } from "./reconcile-fields.ts";
import { textOf } from "./sink.ts";

const TITLES = ["COUNTER", "ROSE", "EXPLAINED", "DIFFERENCE"] as const;
/** Counters' names rarely are longer. */
const NAME_WIDTH = 26;

/**
 * A row per counter, a second line that explains a difference, and the drops that no counter counts.
 */
export function formatReconcileTable({ rows, uncounted }: WatchResult): string {
  if (rows.length === 0 && uncounted.length === 0) return "No drop counter rose, and nothing was dropped.\n";
  const names = rows.map((row) => plainText(row.counter));
  const width = Math.max(NAME_WIDTH, ...names.map((name) => name.length));
  const lines = rows.length === 0 ? [] : [`${TITLES[0].padEnd(width)}  ${TITLES.slice(1).join("  ")}  BY`];
  for (const [index, row] of rows.entries()) {
    const numbers = [row.rise ?? "fell", row.explained, row.difference ?? "?"].map((value, column) =>
      String(value).padStart(TITLES[column + 1]?.length ?? 0),
    );
    lines.push(
      `${(names[index] ?? "").padEnd(width)}  ${numbers.join("  ")}  ${formatExplanations(row)}`.trimEnd(),
    );
    if (row.why !== undefined) lines.push(`  ${row.why}`);
  }
  if (uncounted.length > 0) lines.push(`No counter counts: ${formatList(uncounted)}`);
  return `${lines.join("\n")}\n`;
}

/**
 * The verdict, one line with its newline; "" where the table says it all. `undecodable` drops were seen, and
 * have no known reason.
 */
export function formatVerdict(result: WatchResult, undecodable: number): string {
  const { rows, withoutEvent, withoutSite } = result;
  const open = rows.filter((row) => !isExplained(row)).length;
  const sentences = [...conclusion(result, open)];
  if (open > 0 && withoutEvent > 0)
    sentences.push(
      `${plural(withoutEvent)} without an event (limited, lost, unread or hidden in the kernel): ` +
        "only reason and location are known.",
    );
  const withoutReason = withoutSite + undecodable;
  if (withoutReason > 0)
    sentences.push(`${plural(withoutReason)} of unknown reason: they may explain differences.`);
  return sentences.length === 0 ? "" : `${sentences.join(" ")}\n`;
}

function conclusion({ rows, uncounted, uncertain }: WatchResult, open: number): readonly string[] {
  if (rows.length === 0) return uncounted.length === 0 ? [] : ["No drop counter rose."];
  const counters = rows.length === 1 ? "counter" : "counters";
  const near = `${plural(uncertain)} came just as the counters were read, and may be counted or not`;
  if (open > 0)
    return [
      `${open} of ${rows.length} ${counters} not fully explained.`,
      ...(uncertain === 0 ? [] : [`${near}.`]),
    ];
  const explained = `Everything is explained: ${rows.length} ${counters}`;
  return rows.every(({ difference }) => difference === 0)
    ? [`${explained}, no difference.`]
    : [`${explained}. ${near}: that makes the difference.`];
}

const writeLine = lineWriter<ReconcileLine>(RECONCILE_FIELDS);

/** A line per row, and one without a counter for the drops that none counts. */
export function formatReconcileJson({ netns, rows, uncounted }: WatchResult): string {
  const lines: ReconcileLine[] = rows.map((row) => ({ ...row, netns }));
  if (uncounted.length > 0) {
    const explained = uncounted.reduce((total, { count }) => total + count, 0);
    lines.push({
      netns,
      counter: undefined,
      rise: undefined,
      unit: "skbs",
      explained,
      explainedBy: uncounted,
      difference: undefined,
      uncertain: undefined,
      why: undefined,
    });
  }
  return lines.map((line) => textOf((out) => writeLine(line, out))).join("");
}

function formatExplanations({ explainedBy, unit }: ReconcileRow): string {
  return formatList(explainedBy) + (unit === "segments" && explainedBy.length > 0 ? " (segments)" : "");
}

function formatList(list: readonly Explanation[]): string {
  return list.map(formatExplanation).join(", ");
}

function formatExplanation({ source, reason, count, of }: Explanation): string {
  const amount = count === of ? String(count) : `${count} of ${of}`;
  const name = plainText(reason ?? "without a name");
  return source === "listener" ? `${amount} refused SYNs (listener: ${name})` : `${amount} ${name}`;
}

function plural(count: number): string {
  return `${count} ${count === 1 ? "drop" : "drops"}`;
}
