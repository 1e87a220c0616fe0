/**
 * The json sink: one flat object for each event and line (NDJSON), compiled once from the field table.
 *
 * Lines are pure ASCII: everything else is escaped as \uXXXX, so that nothing in a name can reach a terminal.
 */
import { piece } from "../bytes/text-bytes.ts";
import { BuildError } from "../errors.ts";
import { compileWriter, type Part } from "./compile-writer.ts";
import type { Field } from "./field.ts";
import {
  DROP_FIELDS,
  EXPLANATION_FIELDS,
  LOST_FIELDS,
  PLACE_FIELDS,
  REASON_COUNT_FIELDS,
  REFUSED_FIELDS,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "./fields.ts";
import {
  booleanWriter,
  countsWriter,
  decimalWriter,
  integerWriter,
  objectsWriter,
  quote,
  textsWriter,
  textWriter,
} from "./json-values.ts";
import type { Writer } from "./kept-pieces.ts";
import { makeSink, type Sink, type SinkOptions } from "./sink.ts";
import { utcTime } from "./time-text.ts";

export function jsonSink(_options: SinkOptions): Sink {
  const drop = compileObject(DROP_FIELDS, LINE_END);
  const refused = compileObject(REFUSED_FIELDS, LINE_END);
  const lost = compileObject(LOST_FIELDS, LINE_END);
  const totals = compileObject(TOTALS_FIELDS, LINE_END);
  const summary = compileObject(SUMMARY_FIELDS, LINE_END);
  return makeSink("json", "", (event, out) => {
    if (event.kind === "drop") drop(event, out);
    else if (event.kind === "refused") refused(event, out);
    else if (event.kind === "totals") totals(event, out);
    else if (event.kind === "lost") lost(event, out);
    else summary(event, out);
  });
}

const OBJECT_END = piece("}");
/** Of an object that is a line of its own. */
export const LINE_END = piece("}\n");

/** A writer of the fields as one JSON object. The first field must not be optional. */
export function compileObject<E>(fields: readonly Field<E>[], end = OBJECT_END): Writer<E> {
  if (fields[0] === undefined || fields[0].optional)
    throw new BuildError("The first field of a JSON object must always be there");
  const write = compileWriter(
    runsOf(withKeys(fields)).map((run) => run.map(({ field, key }) => partOf(field, key))),
  );
  return (event, out) => {
    write(event, out);
    out.put(end);
  };
}

interface KeyedField<E> {
  readonly field: Field<E>;
  /** All that stands in front of the value. */
  readonly key: string;
}

/** What is the same in all events is part of the next field's key, where that one is always there. */
function withKeys<E>(fields: readonly Field<E>[]): readonly KeyedField<E>[] {
  const keyed: KeyedField<E>[] = [];
  let before = "{";
  for (const [at, field] of fields.entries()) {
    const key = `${before}"${field.name}":`;
    const constant = fields[at + 1]?.optional === false ? constantValue(field) : undefined;
    if (constant === undefined) keyed.push({ field, key });
    before = constant === undefined ? "," : `${key}${quote(constant)},`;
  }
  return keyed;
}

function constantValue<E>(field: Field<E>): string | undefined {
  return field.type === "text" && !field.optional && field.oneOf?.length === 1 ? field.oneOf[0] : undefined;
}

/** Neighbours that are steady together, each of the others by itself. */
function runsOf<E>(keyed: readonly KeyedField<E>[]): readonly (readonly KeyedField<E>[])[] {
  const runs: KeyedField<E>[][] = [];
  for (const one of keyed) {
    const last = runs.at(-1);
    if (one.field.steady && last?.[0]?.field.steady === true) last.push(one);
    else runs.push([one]);
  }
  return runs;
}

/** The value of a field, after its key. */
function partOf<E>(field: Field<E>, key: string): Part<E> {
  switch (field.type) {
    case "integer":
      return part(field.value, integerWriter(key));
    case "text":
      return { ...part(field.value, textWriter(key)), isText: true };
    case "boolean":
      return part(field.value, booleanWriter(key));
    case "decimal":
      return part(field.value, decimalWriter(key));
    case "words":
    case "texts":
      return part(field.value, textsWriter(key));
    case "time":
      return part(field.value, utcTime(`${key}"`, '"'));
    case "reasons":
      return part(
        field.value,
        objectsWriter(key, () => compileObject(REASON_COUNT_FIELDS)),
      );
    case "places":
      return part(
        field.value,
        objectsWriter(key, () => compileObject(PLACE_FIELDS)),
      );
    case "explanations":
      return part(
        field.value,
        objectsWriter(key, () => compileObject(EXPLANATION_FIELDS)),
      );
    case "counts":
      return part(field.value, countsWriter(key));
  }
}

/** The writer gets what the getter gives. */
function part<E, V>(get: (event: E) => V | undefined, write: Writer<V>): Part<E> {
  return { isText: false, get, write: write as Writer<unknown> };
}
