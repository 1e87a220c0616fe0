/** What comes next, where one token does not say: an argument, a relation or a primitive. */
import type { ParseContext } from "./parse-context.ts";
import { NUMBERS, OPENING_WORDS, REFUSED_WORDS } from "./vocabulary.ts";

export const BETWEEN = ["and", "or", "&&", "||"];

/**
 * What cannot be anything else than an argument. Numbers may begin a relation; in lists of networks "10/8"
 * does not.
 */
export function isPacketArgument(context: ParseContext, networks: boolean): boolean {
  const { lexer } = context;
  const token = lexer.peek();
  if (token.kind === "dotted" || token.kind === "ip6") return true;
  if (token.kind === "word") return token.escaped || !isKnownWord(token.word);
  return token.kind === "number" && networks && isShortNetwork(context);
}

/** "10/8" or "10 mask 255.0.0.0", and no arithmetic. */
function isShortNetwork(context: ParseContext): boolean {
  const { lexer } = context;
  const { position } = lexer;
  lexer.next();
  let is = context.keyword() === "mask";
  if (context.isSymbol("/")) {
    lexer.next();
    is = lexer.next().kind === "number" && argumentEnds(context);
  }
  lexer.rewind(position);
  return is;
}

/** What follows, parentheses that close apart, is no operator: what was read is no part of a relation. */
function argumentEnds(context: ParseContext): boolean {
  while (context.isSymbol(")")) context.lexer.next();
  const token = context.lexer.peek();
  return (
    token.kind === "end" ||
    BETWEEN.includes(token.kind === "symbol" ? token.symbol : (context.keyword() ?? ""))
  );
}

/** Leaves the lexer anywhere: who asks rewinds it. */
export function isEventArgument(context: ParseContext): boolean {
  const argumentThere = context.lexer.argument();
  if (argumentThere === undefined) return false;
  const { word, quoted } = argumentThere;
  if (quoted) return true;
  if (/^[!-]/.test(word)) return false;
  if (/^\d/.test(word)) return argumentEnds(context);
  const name = /^[-_.A-Za-z0-9]*/.exec(word)?.[0] ?? "";
  // "pid:1" is a namespace, "len>5" a relation.
  return word[name.length] === ":" || !isKnownWord(name);
}

function isKnownWord(word: string): boolean {
  return (
    OPENING_WORDS.includes(word) ||
    REFUSED_WORDS.has(word) ||
    BETWEEN.includes(word) ||
    word === "multicast" ||
    word === "length" ||
    NUMBERS.has(word)
  );
}
