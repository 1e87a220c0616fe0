/** Values as JSON, each with the key in front of it: nothing where there is none. */

import { type ByteWriter, type Encoded, encoded } from "../bytes/byte-writer.ts";
import { asExactNumber, type Base, excessOver, setBase } from "../bytes/halves.ts";
import type { KeptFor } from "../model/shared.ts";
import type { TimeWriter } from "./time-text.ts";

/** How a field of an object is written. */
export interface StepOf<Write extends string, E, V, By, Steps = undefined> {
  readonly write: Write;
  readonly name: string;
  readonly get: (of: E) => V | undefined;
  /** All that stands in front of the value: the key, and a quotation mark where one comes. */
  readonly start: Encoded;
  readonly by: By;
  /** Of a group: its fields. */
  readonly steps: Steps;
}

/** Small ones are encoded once, with their key. */
export type IntegerStep<E> = StepOf<"integer", E, number, (Encoded | undefined)[]>;
export type NumberStep<E> = StepOf<"number", E, number, undefined>;
export type DecimalStep<E> = StepOf<"decimal", E, bigint, Prefix>;
export type TextStep<E> = StepOf<"text", E, string, undefined>;
/** Text that needs no escaping. */
export type PlainStep<E> = StepOf<"plain", E, string, undefined>;
/** One of few words, or a boolean: each with its key. */
export type WordStep<E> = StepOf<"word", E, string | boolean, ReadonlyMap<string | boolean, Encoded>>;
export type TimeStep<E> = StepOf<"time", E, bigint, TimeWriter>;
/** Lists that events share are encoded once, with their key. */
export type ListStep<E> = StepOf<"list", E, readonly string[], KeptFor<Encoded>>;
export type CountsStep<E> = StepOf<"counts", E, Readonly<Record<string, number>>, undefined>;
/** A list of objects, by the steps of theirs. */
export type ObjectsStep<E> = StepOf<"objects", E, readonly object[], readonly Step<object>[]>;
/** Fields that read the same shared object: encoded once for each. */
export type GroupStep<E> = StepOf<"group", E, object, KeptFor<Encoded>, readonly Step<E>[]>;

/** Writes the fields of a group that is met for the first time. */
type GroupFields<E> = (of: E, out: ByteWriter) => void;

export type Step<E> =
  | IntegerStep<E>
  | NumberStep<E>
  | DecimalStep<E>
  | TextStep<E>
  | PlainStep<E>
  | WordStep<E>
  | TimeStep<E>
  | ListStep<E>
  | CountsStep<E>
  | ObjectsStep<E>
  | GroupStep<E>;

/** Integers from 0 on that have pieces of their own. */
export const SMALL = 16;
const QUOTE = encoded('"');
const COMMA = encoded(",");
const CLOSE = encoded("}");
const CLOSE_LIST = encoded("]");

/** All in turn; for what comes often event-lines.gen.ts has the same written out. */
export function writeSteps<E>(steps: readonly Step<E>[], of: E, out: ByteWriter): void {
  for (const step of steps) writeStep(step, of, out);
}

function writeStep<E>(step: Step<E>, of: E, out: ByteWriter): void {
  switch (step.write) {
    case "integer":
      return writeInteger(step, step.get(of), out);
    case "number":
      return writeNumber(step, step.get(of), out);
    case "decimal":
      return writeDecimal(step, step.get(of), out);
    case "text":
      return writeText(step, step.get(of), out);
    case "plain":
      return writePlain(step, step.get(of), out);
    case "word":
      return writeWord(step, step.get(of), out);
    case "time":
      return writeTime(step, step.get(of), out);
    case "list":
      return writeList(step, step.get(of), out);
    case "counts":
      return writeCounts(step, step.get(of), out);
    case "objects":
      return writeObjects(step, step.get(of), out);
    case "group":
      return writeGroup(step, step.get(of), of, out);
  }
}

export function writeInteger<E>(step: IntegerStep<E>, value: number | undefined, out: ByteWriter): void {
  if (value === undefined) return;
  const isSmall = value >= 0 && value < SMALL;
  const known = isSmall ? step.by[value] : undefined;
  if (known !== undefined) return out.append(known);
  const at = out.length;
  out.append(step.start);
  if (value >= 0) out.number(value);
  else out.text(String(value));
  if (isSmall) step.by[value] = out.encodedFrom(at);
}

function writeNumber<E>({ start }: NumberStep<E>, value: number | undefined, out: ByteWriter): void {
  if (value === undefined) return;
  out.append(start);
  out.text(String(asRate(value)));
}

/** To three digits behind the point: more would claim what no clock gives. */
export function asRate(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** What stands in front of the last eight digits of a number, and the number whose eight digits are zeros. */
export interface Prefix extends Base {
  piece: Encoded | undefined;
}

const EIGHT_DIGITS = 100_000_000;

/** 64 bits as decimal digits in a string. What comes often is a clock: all but the end stays as it was. */
export function writeDecimal<E>(step: DecimalStep<E>, value: bigint | undefined, out: ByteWriter): void {
  if (value === undefined) return;
  const { by: prefix, start } = step;
  let rest = excessOver(prefix, value);
  if (prefix.piece === undefined || rest < 0 || rest >= EIGHT_DIGITS) {
    const exact = asExactNumber(value);
    if (exact === undefined || exact < EIGHT_DIGITS) {
      out.append(start);
      out.text(String(value));
      return out.append(QUOTE);
    }
    const at = out.length;
    out.append(start);
    out.number(Math.floor(exact / EIGHT_DIGITS));
    prefix.piece = out.encodedFrom(at);
    out.cutAt(at);
    rest = exact % EIGHT_DIGITS;
    setBase(prefix, BigInt(exact - rest));
  }
  out.append(prefix.piece);
  out.eightDigits(rest);
  out.append(QUOTE);
}

export function writeText<E>(
  { start }: Pick<TextStep<E>, "start">,
  value: string | undefined,
  out: ByteWriter,
): void {
  if (value === undefined) return;
  out.append(start);
  out.ascii(escapeText(value));
  out.append(QUOTE);
}

export function writePlain<E>({ start }: PlainStep<E>, value: string | undefined, out: ByteWriter): void {
  if (value === undefined) return;
  out.append(start);
  out.ascii(value);
  out.append(QUOTE);
}

export function writeWord<E>(step: WordStep<E>, value: string | boolean | undefined, out: ByteWriter): void {
  if (value === undefined) return;
  const known = step.by.get(value);
  if (known === undefined) writeText(step, String(value), out);
  else out.append(known);
}

export function writeTime<E>({ by }: TimeStep<E>, value: bigint | undefined, out: ByteWriter): void {
  if (value !== undefined) by(value, out);
}

export function writeList<E>(
  { start, by: pieces }: ListStep<E>,
  list: readonly string[] | undefined,
  out: ByteWriter,
): void {
  if (list === undefined) return;
  const known = pieces.get(list);
  if (known !== undefined) return out.append(known);
  const at = out.length;
  out.append(start);
  out.text(`[${list.map(quote).join(",")}]`);
  if (pieces.keeps(list)) pieces.set(list, out.encodedFrom(at));
}

function writeCounts<E>(
  { start }: CountsStep<E>,
  value: Readonly<Record<string, number>> | undefined,
  out: ByteWriter,
): void {
  if (value === undefined) return;
  out.append(start);
  const counts = Object.entries(value).map(([name, count]) => `${quote(name)}:${count}`);
  out.text(`{${counts.join(",")}}`);
}

function writeObjects<E>(
  { start, by: steps }: ObjectsStep<E>,
  list: readonly object[] | undefined,
  out: ByteWriter,
): void {
  if (list === undefined) return;
  out.append(start);
  for (const [at, element] of list.entries()) {
    if (at > 0) out.append(COMMA);
    writeSteps(steps, element, out);
    out.append(CLOSE);
  }
  out.append(CLOSE_LIST);
}

export function writeGroup<E>(
  { by: pieces, steps }: GroupStep<E>,
  group: object | undefined,
  of: E,
  out: ByteWriter,
  fields?: GroupFields<E>,
): void {
  if (group === undefined) return;
  const known = pieces.get(group);
  if (known !== undefined) return out.append(known);
  const at = out.length;
  if (fields === undefined) writeSteps(steps, of, out);
  else fields(of, out);
  if (pieces.keeps(group)) pieces.set(group, out.encodedFrom(at));
}

const NEEDS_ESCAPE = /[^\x20-\x7e]|["\\]/;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** The text as a JSON string of ASCII. */
export function quote(text: string): string {
  return `"${escapeText(text)}"`;
}

/** What stands between the quotes. */
function escapeText(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
