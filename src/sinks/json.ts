/** NDJSON: one flat object a line. Drops follow the field table; absent is absent. */
import type { DropEvent, LostEvent, ReasonCount, SummaryEvent, TraceEvent } from "../event.ts";
import { DROP_FIELDS, type OutputField } from "./fields.ts";
import type { Sink } from "./sink.ts";
import { formatUtc } from "./text.ts";

/** Text that JSON takes as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Stacks come as the same array again and again. */
const quotedLists = new WeakMap<readonly string[], string>();

function quoteList(list: readonly string[]): string {
  const known = quotedLists.get(list);
  if (known !== undefined) return known;
  const text = `[${list.map(quote).join(",")}]`;
  quotedLists.set(list, text);
  return text;
}

type Formatter = (event: DropEvent) => string;

/** `,"name":value`, or nothing where the event lacks it. */
function compileField({ name, get }: OutputField): Formatter {
  const key = `,"${name}":`;
  return (event) => {
    const value = get(event);
    if (value === undefined) return "";
    if (typeof value === "string") return key + quote(value);
    return typeof value === "object" ? key + quoteList(value) : key + String(value);
  };
}

const formatters = DROP_FIELDS.map(compileField);

function formatDrop(event: DropEvent): string {
  let line = "";
  for (const format of formatters) line += format(event);
  return `{${line.slice(1)}}\n`;
}

function formatLost({ timeNs, count, total }: LostEvent): string {
  return `${JSON.stringify({ type: "lost", time: formatUtc(timeNs), count, total })}\n`;
}

function counts(list: readonly ReasonCount[]) {
  return list.map(({ reason, reasonCode, class: dropClass, count }) => ({
    ...(reason === undefined ? {} : { reason }),
    reason_code: reasonCode,
    class: dropClass,
    count,
  }));
}

function formatSummary(event: SummaryEvent): string {
  const { totals } = event;
  return `${JSON.stringify({
    type: "summary",
    started: formatUtc(event.startedNs),
    ended: formatUtc(event.endedNs),
    seen: totals.seen,
    shown: totals.shown,
    shown_segments: totals.shownSegments,
    hidden_normal: totals.hidden.normal,
    hidden_copy: totals.hidden.copy,
    filtered: totals.filtered,
    limited: totals.limited,
    unread: totals.unread,
    lost: totals.lost,
    undecodable: totals.undecodable,
    missed_at_most: totals.missed,
    shown_by_reason: counts(event.shownByReason),
    hidden_by_reason: counts(event.hiddenByReason),
    undecodable_by_kind: event.undecodableByKind,
  })}\n`;
}

export function jsonSink(): Sink {
  return {
    name: "json",
    header: () => "",
    format(event: TraceEvent) {
      switch (event.type) {
        case "drop":
          return formatDrop(event);
        case "lost":
          return formatLost(event);
        case "summary":
          return formatSummary(event);
      }
    },
  };
}
