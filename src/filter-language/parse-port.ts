/** Arguments of `port` and `portrange`: numbers, names of services, and two of them with - between. */
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import type { ParseContext } from "./parse-context.ts";
import type { PacketQualifier } from "./qualifier.ts";
import { spanFrom, type Taken, taken } from "./taken.ts";
import type { FilterNode, Range, Span, Transport } from "./tree.ts";
import { OPENING_WORDS } from "./vocabulary.ts";

const MAX_PORT = 0xffff;
const A_PORT = "a port: a number up to 65535, or the name of a TCP service";

export function parsePort(context: ParseContext, qualifier: PacketQualifier): FilterNode {
  const { type, end, at, protocol } = qualifier;
  const { value, at: span } = takeRange(context, (token) =>
    type === "portrange" ? portRange(context, token) : onePort(context, token, protocol),
  );
  return context.node({
    kind: "port",
    transport: protocol as Transport | undefined,
    end,
    ranges: [Object.freeze(value)],
    at: spanFrom(at, span),
  });
}

function takeRange(context: ParseContext, read: (token: Token) => Range): Taken<Range> {
  const token = context.lexer.peek();
  if (token.kind !== "number" && token.kind !== "word") throw context.unexpected(A_PORT);
  const value = read(token);
  return taken(context.lexer.next(), value);
}

function onePort(context: ParseContext, token: Token, protocol: string | undefined): Range {
  if (token.kind === "number") return single(portNumber(context, token, token.value));
  const word = token.kind === "word" ? token.word : "";
  const other = context.otherServices.get(word);
  const known =
    context.services.get(word) ?? (protocol === undefined || protocol === "tcp" ? undefined : other);
  if (known !== undefined) return single(known);
  if (other !== undefined)
    throw context.fault(token, `${JSON.stringify(word)} is no service of TCP`, A_PORT, [`port ${other}`]);
  const asRange = splitRange(context, word) === undefined ? [] : [`portrange ${word}`];
  // An argument that inherits its qualifiers may have been meant to bring its own.
  const near = nearest(word, [...OPENING_WORDS, ...context.services.keys()]).map((name) =>
    context.services.has(name) ? `port ${name}` : name,
  );
  throw context.fault(token, `${JSON.stringify(word)} is no port`, A_PORT, [...asRange, ...near]);
}

function portRange(context: ParseContext, token: Token): Range {
  if (token.kind === "number") return single(portNumber(context, token, token.value));
  const word = token.kind === "word" ? token.word : "";
  const ends = splitRange(context, word);
  if (ends === undefined)
    throw context.fault(
      token,
      `${JSON.stringify(word)} is no range of ports`,
      "two ports with - between, like 8000-8100",
    );
  const [one, other] = ends.map((end) => portNumber(context, token, end)) as [number, number];
  return { low: Math.min(one, other), high: Math.max(one, other) };
}

/** At the first "-" that has a port on both sides, for names have it too. */
function splitRange(context: ParseContext, word: string): readonly [number, number] | undefined {
  const portOf = (text: string): number | undefined =>
    /^\d{1,9}$/.test(text) ? Number(text) : context.services.get(text);
  for (let dash = word.indexOf("-"); dash > 0; dash = word.indexOf("-", dash + 1)) {
    const [low, high] = [portOf(word.slice(0, dash)), portOf(word.slice(dash + 1))];
    if (low !== undefined && high !== undefined) return [low, high];
  }
  return undefined;
}

function portNumber(context: ParseContext, at: Span, value: number): number {
  if (value > MAX_PORT) throw context.fault(at, `${value} is no port`, A_PORT);
  return value;
}

function single(value: number): Range {
  return { low: value, high: value };
}
