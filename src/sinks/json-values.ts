/** Values as JSON, each with the key in front of it: made once for each field, and called for each event. */
import { asExactNumber } from "../bytes/halves.ts";
import { piece } from "../bytes/text-bytes.ts";
import { KeptLists, KeptPieces, type Writer } from "./kept-pieces.ts";

export function integerWriter(key: string): Writer<number> {
  const start = piece(key);
  return (value, out) => {
    out.put(start);
    if (value >= 0) out.number(value);
    else out.text(String(value));
  };
}

export function textWriter(key: string): Writer<string> {
  const kept = new KeptPieces(escapeText, `${key}"`, '"');
  return (value, out) => kept.write(value, out);
}

export function booleanWriter(key: string): Writer<boolean> {
  const [yes, no] = [piece(`${key}true`), piece(`${key}false`)];
  return (value, out) => out.put(value ? yes : no);
}

/** 64 bits as decimal digits in a string. */
export function decimalWriter(key: string): Writer<bigint> {
  const [start, end] = [piece(`${key}"`), piece('"')];
  return (value, out) => {
    out.put(start);
    const exact = asExactNumber(value);
    if (exact === undefined) out.text(String(value));
    else out.number(exact);
    out.put(end);
  };
}

export function textsWriter(key: string): Writer<readonly string[]> {
  const kept = new KeptLists((list) => `${key}[${list.map(quote).join(",")}]`);
  return (value, out) => kept.write(value, out);
}

export function countsWriter(key: string): Writer<Readonly<Record<string, number>>> {
  return (value, out) => {
    const counts = Object.entries(value).map(([name, count]) => `${quote(name)}:${count}`);
    out.text(`${key}{${counts.join(",")}}`);
  };
}

/** An array of objects. Their writer is made when it is first wanted: most lines have none. */
export function objectsWriter<V>(key: string, makeWriter: () => Writer<V>): Writer<readonly V[]> {
  let write: Writer<V> | undefined;
  return (value, out) => {
    write ??= makeWriter();
    out.text(`${key}[`);
    for (const [at, element] of value.entries()) {
      if (at > 0) out.text(",");
      write(element, out);
    }
    out.text("]");
  };
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
