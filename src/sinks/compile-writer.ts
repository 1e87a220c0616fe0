/**
 * A function that writes the values of an event one after the other, made as source text.
 *
 * In a loop over closures each call can reach any of them: the engine neither inlines it nor foresees it.
 * Written out, each call has one target, and getters cost nothing. For a drop in JSON that is a quarter of
 * the whole way from record to text. The source holds numbered names and nothing else: no key, and nothing of
 * an event.
 */
import type { TextBytes } from "../bytes/text-bytes.ts";
import type { Writer } from "./kept-pieces.ts";

/** One value of an event, and how it is written; `write` is not called where there is none. */
export interface Part<E> {
  /** False: a number, a boolean, or something that is in no run. */
  readonly isText: boolean;
  readonly get: (event: E) => unknown;
  readonly write: (value: unknown, out: TextBytes) => void;
}

/** A run keeps so many combinations, each at the place that a hash of its values tells. */
const COMBINATION_BITS = 10;
const COMBINATIONS = 2 ** COMBINATION_BITS;

/**
 * Writes all parts in turn. A run of more than one is kept as one piece for the combinations of values that
 * came last: it must be ASCII, and its values must be numbers, booleans and texts that seldom change.
 */
export function compileWriter<E>(runs: readonly (readonly Part<E>[])[]): Writer<E> {
  const bound: Record<string, unknown> = { hashText };
  const statements = runs.map((run, at) => {
    const values = run.map((part, index) => bind(bound, part, `${at}_${index}`));
    const [only] = values;
    if (run.length === 1 && only !== undefined) return `${only.read}${only.write}`;
    bound[`kept${at}`] = new Array(COMBINATIONS).fill(undefined);
    return keptRun(`kept${at}`, values);
  });
  const make = new Function(
    ...Object.keys(bound),
    `"use strict"; return (event, out) => {\n${statements.join("")}};`,
  );
  return make(...Object.values(bound)) as Writer<E>;
}

interface ValueSource {
  readonly name: string;
  readonly hash: string;
  readonly read: string;
  readonly write: string;
}

function bind<E>(bound: Record<string, unknown>, part: Part<E>, suffix: string): ValueSource {
  bound[`get${suffix}`] = part.get;
  bound[`write${suffix}`] = part.write;
  const name = `v${suffix}`;
  return {
    name,
    hash: part.isText ? `hashText(${name} ?? "")` : `(${name} | 0)`,
    read: `const ${name} = get${suffix}(event);\n`,
    write: `if (${name} !== undefined) write${suffix}(${name}, out);\n`,
  };
}

/**
 * A block of source: the piece that is kept for these values, or else each of them written, and then kept.
 */
function keptRun(kept: string, values: readonly ValueSource[]): string {
  const each = (source: (value: ValueSource) => string, between = ""): string =>
    values.map(source).join(between);
  return `{
    ${each(({ read }) => read)}
    let hash = 0;
    ${each((value) => `hash = (Math.imul(hash, 31) + ${value.hash}) | 0;\n`)}
    const place = Math.imul(hash, 0x9e3779b1) >>> ${32 - COMBINATION_BITS};
    const known = ${kept}[place];
    if (known !== undefined && ${each(({ name }) => `known.${name} === ${name}`, " && ")}) out.put(known.piece);
    else {
      const start = out.length;
      ${each(({ write }) => write)}
      ${kept}[place] = { piece: out.pieceFrom(start), ${each(({ name }) => name, ", ")} };
    }
  }\n`;
}

/** Of the length and the end: enough for few texts that seldom change, and cheap. */
function hashText(text: string): number {
  const { length } = text;
  return length < 2
    ? length
    : length + (text.charCodeAt(length - 1) << 6) + (text.charCodeAt(length - 2) << 13);
}
