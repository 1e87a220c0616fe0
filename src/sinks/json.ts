/**
 * The json sink: one flat object for each event and line (NDJSON), compiled once from the field table.
 *
 * Lines are pure ASCII: everything else is escaped as \uXXXX, so that nothing in a name can reach a terminal.
 */
import { BuildError } from "../errors.ts";
import type { ReasonCount, TraceEvent } from "../event.ts";
import type { Explanation } from "../reconcile/reconcile.ts";
import type { Field } from "./fields.ts";
import { DROP_FIELDS, EXPLANATION_FIELDS, LOST_FIELDS, PLACE_FIELDS, REASON_COUNT_FIELDS, REFUSED_FIELDS, SUMMARY_FIELDS, TOTALS_FIELDS } from "./fields.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { utcTime } from "./time-text.ts";

export function jsonSink(_options: SinkOptions): Sink {
  const drop = compileObject(DROP_FIELDS);
  const refused = compileObject(REFUSED_FIELDS);
  const lost = compileObject(LOST_FIELDS);
  const totals = compileObject(TOTALS_FIELDS);
  const summary = compileObject(SUMMARY_FIELDS);
  return {
    name: "json",
    header: () => "",
    format(event: TraceEvent): string {
      if (event.type === "drop") return `${drop(event)}\n`;
      if (event.type === "refused") return `${refused(event)}\n`;
      if (event.type === "totals") return `${totals(event)}\n`;
      return event.type === "lost" ? `${lost(event)}\n` : `${summary(event)}\n`;
    },
  };
}

/** Writes one event, or a part of one. */
type Writer<E> = (event: E) => string;

/**
 * A writer of the fields as one JSON object. The first field must not be optional.
 *
 * Few and long pieces matter: joining and flattening them costs more than making them. So a run of steady fields is
 * one piece, whose text is kept for the combinations seen last.
 */
export function compileObject<E>(fields: readonly Field<E>[]): Writer<E> {
  if (fields[0] === undefined || fields[0].optional) throw new BuildError("The first field of a JSON object must always be there");
  const parts: Writer<E>[] = [];
  for (let i = 0; i < fields.length; ) {
    const run = steadyRun(fields, i);
    const writers = run.map((field, at) => compileField(field, i + at === 0 ? "{" : ","));
    parts.push(...(run.length > 1 ? [keepLast(run, writers)] : writers));
    i += run.length;
  }
  return (event) => {
    let line = "";
    for (const part of parts) line += part(event);
    return `${line}}`;
  };
}

/** The fields from `start` that can be kept together: all steady ones, or a single one that is not. */
function steadyRun<E>(fields: readonly Field<E>[], start: number): readonly Field<E>[] {
  let end = start;
  while (fields[end]?.steady === true) end++;
  return fields.slice(start, Math.max(end, start + 1));
}

/** How many combinations of values a run of steady fields keeps. */
const KEPT = 8;

function keepLast<E>(fields: readonly Field<E>[], writers: readonly Writer<E>[]): Writer<E> {
  const getters = fields.map((field) => field.value as (event: E) => unknown);
  const kept: { values: readonly unknown[]; text: string }[] = [];
  let oldest = 0;
  return (event) => {
    for (const entry of kept) {
      let same = 0;
      for (const get of getters) {
        if (get(event) !== entry.values[same]) break;
        same++;
      }
      if (same === getters.length) return entry.text;
    }
    // Through a buffer, because the text is used many times: the engine would keep the pieces.
    const text = Buffer.from(writers.map((write) => write(event)).join(""), "latin1").toString("latin1");
    kept[oldest] = { values: getters.map((get) => get(event)), text };
    oldest = (oldest + 1) % KEPT;
    return text;
  };
}

/** A writer of `prefix "name": value`, or of nothing where there is no value. */
function compileField<E>(field: Field<E>, prefix: string): Writer<E> {
  const key = `${prefix}"${field.name}":`;
  switch (field.type) {
    case "integer":
      return present(field.value, (value) => key + formatInteger(value));
    case "text":
      return present(field.value, (value) => key + quote(value));
    case "boolean":
      return present(field.value, (value) => (value ? `${key}true` : `${key}false`));
    case "decimal":
      return present(field.value, (value) => `${key}"${value}"`);
    case "words":
      return present(field.value, (value) => (value.length === 0 ? `${key}[]` : `${key}["${value.join('","')}"]`));
    case "texts": {
      const quoteCached = cachedQuote();
      return present(field.value, (value) => `${key}[${value.map(quoteCached).join(",")}]`);
    }
    case "time": {
      const time = utcTime();
      return present(field.value, (value) => `${key}"${time(value)}"`);
    }
    case "reasons":
      return present(field.value, (value) => `${key}[${value.map(formatReasonCount()).join(",")}]`);
    case "places": {
      const format = compileObject(PLACE_FIELDS);
      return present(field.value, (value) => `${key}[${value.map(format).join(",")}]`);
    }
    case "explanations":
      return present(field.value, (value) => `${key}[${value.map(formatExplanation()).join(",")}]`);
    case "counts":
      return present(
        field.value,
        (value) =>
          `${key}{${Object.entries(value)
            .map(([name, count]) => `${quote(name)}:${count}`)
            .join(",")}}`,
      );
  }
}

function present<E, V>(get: (event: E) => V | undefined, write: (value: V) => string): Writer<E> {
  return (event) => {
    const value = get(event);
    return value === undefined ? "" : write(value);
  };
}

function formatReasonCount(): Writer<ReasonCount> {
  return compileObject(REASON_COUNT_FIELDS);
}

function formatExplanation(): Writer<Explanation> {
  return compileObject(EXPLANATION_FIELDS);
}

/** Numbers above 2^30 are doubles to the engine, and slow to print: in two halves they are five times as fast. */
function formatInteger(value: number): string {
  if (value < 1_000_000_000) return String(value);
  const high = Math.floor(value / 100_000);
  return `${high}${String(value - high * 100_000).padStart(5, "0")}`;
}

const NEEDS_ESCAPE = /[^\x20-\x7e]|["\\]/;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** The text as a JSON string of ASCII. */
export function quote(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** How many frames keep their quoted text. */
const KEPT_FRAMES = 4096;

function cachedQuote(): (text: string) => string {
  const kept = new Map<string, string>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size >= KEPT_FRAMES) kept.clear();
    const quoted = quote(text);
    kept.set(text, quoted);
    return quoted;
  };
}
