/** The kernel's counters beside the drops, as a table for people and as lines of JSON. */
import type { WatchResult } from "../reconcile/counter-watch.ts";
import type { Explanation, ReconcileRow } from "../reconcile/reconcile.ts";
import { lineWriter } from "./json-lines.ts";
import { plainText } from "./plain-text.ts";
import { RECONCILE_FIELDS, type ReconcileLine } from "./reconcile-fields.ts";
import { textOf } from "./sink.ts";

const TITLES = ["COUNTER", "ROSE", "EXPLAINED", "DIFFERENCE"] as const;
/** Counters' names rarely are longer. */
const NAME_WIDTH = 26;

/**
 * A row for each counter, a second line where there is something to say of a difference, and the drops that
 * no counter counts.
 */
export function formatReconcileTable({ rows, uncounted }: WatchResult): string {
  if (rows.length === 0 && uncounted.length === 0)
    return "No counter of drops rose, and nothing was dropped.\n";
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
 * One sentence on the whole, with its newline. `undecodable` drops were seen, and nothing is known of their
 * reasons.
 */
export function formatVerdict({ rows, uncertain, unseen, untold }: WatchResult, undecodable: number): string {
  const open = rows.filter(({ difference }) => difference !== 0).length;
  const sentences = [
    rows.length === 0
      ? "No counter of drops rose."
      : open === 0
        ? `Everything is explained: ${rows.length} ${rows.length === 1 ? "counter" : "counters"}, no difference.`
        : `${open} of ${rows.length} ${rows.length === 1 ? "counter" : "counters"} not explained to the last.`,
  ];
  if (uncertain > 0)
    sentences.push(
      `${plural(uncertain)} came just as the counters were read: a difference may be off by as many.`,
    );
  if (open > 0 && unseen > 0)
    sentences.push(
      `${plural(unseen)} without an event (limited, lost, unread or hidden in the kernel) counted by reason and place alone.`,
    );
  const nothingKnown = untold + undecodable;
  if (nothingKnown > 0)
    sentences.push(`${plural(nothingKnown)} could not be told by reason: they may explain differences.`);
  return `${sentences.join(" ")}\n`;
}

const writeLine = lineWriter<ReconcileLine>(RECONCILE_FIELDS);

/** A line for each row, and one without a counter for the drops that none counts. */
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
