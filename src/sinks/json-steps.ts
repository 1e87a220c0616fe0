/** The steps that write an object of JSON, from its fields. */
import { type Encoded, encoded } from "../bytes/byte-writer.ts";
import { BuildError } from "../errors.ts";
import { type Field, fieldsOf, type Group, SHARED_GROUPS } from "../model/fields/index.ts";
import type { Event, Kind } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { quote, SMALL, type Step, type StepOf } from "./json-values.ts";
import { utcTime } from "./time-text.ts";

/** Of an object up to its closing brace. The first field must not be optional. */
export function objectSteps<E>(fields: readonly Field<E>[]): readonly Step<E>[] {
  return withKeys(fields).map(({ field, key }) => stepOf(field, key));
}

/** Of an event: neighbours that read the same shared group are one step, which has the group's name. */
export function eventSteps(kind: Kind): readonly Step<Event>[] {
  const runs: { readonly group: Group; readonly steps: Step<Event>[] }[] = [];
  for (const { field, key } of withKeys(fieldsOf(kind))) {
    const step = stepOf<Event>(field, key);
    const last = runs.at(-1);
    if (last?.group === field.group) last.steps.push(step);
    else runs.push({ group: field.group, steps: [step] });
  }
  return runs.flatMap(({ group, steps }) => (isShared(group) ? [groupStep(group, steps)] : steps));
}

const NOTHING = encoded("");

function groupStep(group: keyof typeof SHARED_GROUPS, steps: readonly Step<Event>[]): Step<Event> {
  return {
    write: "group",
    name: group,
    get: SHARED_GROUPS[group],
    start: NOTHING,
    by: new KeptFor(),
    steps,
  };
}

function isShared(group: Group): group is keyof typeof SHARED_GROUPS {
  return group in SHARED_GROUPS;
}

interface KeyedField<F> {
  readonly field: F;
  /** All that stands in front of the value. */
  readonly key: string;
}

/** What is the same in all events is part of the next field's key, where that one is always there. */
function withKeys<F extends Field<never>>(fields: readonly F[]): readonly KeyedField<F>[] {
  if (fields[0] === undefined || fields[0].optional === true)
    throw new BuildError("The first field of a JSON object must always be there");
  const keyed: KeyedField<F>[] = [];
  let before = "{";
  for (const [at, field] of fields.entries()) {
    const key = `${before}"${field.name}":`;
    const next = fields[at + 1];
    const constant = next === undefined || next.optional === true ? undefined : constantValue(field);
    if (constant === undefined) keyed.push({ field, key });
    before = constant === undefined ? "," : `${key}${quote(constant)},`;
  }
  return keyed;
}

function constantValue(field: Field<never>): string | undefined {
  return field.type === "text" && field.optional !== true && field.oneOf?.length === 1
    ? field.oneOf[0]
    : undefined;
}

function stepOf<E>(field: Field<E>, key: string): Step<E> {
  const step = <W extends string, V, B>(
    write: W,
    get: (of: E) => V | undefined,
    start: string,
    by: B,
  ): StepOf<W, E, V, B> => ({ write, name: field.name, get, start: encoded(start), by, steps: undefined });
  switch (field.type) {
    case "integer":
      return step("integer", field.get, key, new Array<Encoded | undefined>(SMALL).fill(undefined));
    case "number":
      return step("number", field.get, key, undefined);
    case "text":
      return field.oneOf === undefined
        ? step("text", field.get, `${key}"`, undefined)
        : step("word", field.get, `${key}"`, encodedWords(key, field.oneOf));
    case "address":
      return step("plain", field.get, `${key}"`, undefined);
    case "boolean":
      return step("word", field.get, `${key}"`, encodedWords(key, [true, false]));
    case "decimal":
      return step("decimal", field.get, `${key}"`, { low: 0, high: 0, piece: undefined });
    case "time":
      return step("time", field.get, "", utcTime(`${key}"`, '"'));
    case "words":
    case "texts":
      return step("list", field.get, key, new KeptFor<Encoded>());
    case "counts":
      return step("counts", field.get, key, undefined);
    case "objects":
      // Whoever wrote the list knows what its objects are.
      return step("objects", field.get, `${key}[`, objectSteps(field.of.fields as readonly Field<object>[]));
  }
}

/** Each with the key in front of it. */
function encodedWords<W extends string | boolean>(key: string, words: readonly W[]): ReadonlyMap<W, Encoded> {
  return new Map(words.map((word) => [word, encoded(key + (typeof word === "string" ? quote(word) : word))]));
}
