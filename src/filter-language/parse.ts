/**
 * Text to a tree: pcap-filter's grammar (libpcap's grammar.y), and primitives of our own.
 *
 *     expression  = term { ("and" | "or") (term | argument) }        both bind alike, from the left
 *     term        = ("not" | "!") term | "(" expression ")" | protocol | qualifiers argument | value relation value | ...
 *     argument    = "not" argument | "(" argument { ("and" | "or") argument } ")" | address | port | name
 *
 * An argument without qualifiers takes those of the argument before it. Parentheses give back what they were
 * entered with.
 */

import { BETWEEN, isEventArgument, isPacketArgument } from "./look-ahead.ts";
import { nearest } from "./nearest.ts";
import {
  AN_OPERAND,
  continueValue,
  isIndexed,
  parseOperand,
  parseValue,
  startsArithmetic,
  takeRelation,
} from "./parse-arithmetic.ts";
import { ParseContext, type ParseOptions } from "./parse-context.ts";
import { parseEventArgument } from "./parse-event.ts";
import { parseHead } from "./parse-head.ts";
import { parseArgument } from "./parse-packet.ts";
import type { Qualifier } from "./qualifier.ts";
import { type Arithmetic, across, type Filter, type FilterNode, type Span } from "./tree.ts";
import { OPENING_WORDS, WORD_PRIMITIVES } from "./vocabulary.ts";

const A_PRIMITIVE = "a primitive like host 10.0.0.1, port 443, reason NO_SOCKET or tcp[13] & 2 != 0";
const NOWHERE = Object.freeze({ start: 0, end: 0 });

/**
 * A FilterError where the text is no filter.
 *
 * @example
 * ```ts
 * import { parseFilter } from "tcpdrop";
 *
 * console.log(parseFilter("src host 10.0.0.1 and port 443").root.kind);
 * // prints: and
 * ```
 */
export function parseFilter(text: string, options: ParseOptions = {}): Filter {
  const context = new ParseContext(text, options);
  if (context.lexer.peek().kind === "end")
    throw context.fault({ start: 0, end: 0 }, "The filter is empty", A_PRIMITIVE);
  const { node } = expression(context, undefined);
  if (context.lexer.peek().kind !== "end")
    throw context.unexpected("and, or, or the end", afterWhole(context));
  return Object.freeze({ text, root: node });
}

/** `qualifier` is what the next argument takes where it has none. */
interface Term {
  readonly node: FilterNode;
  readonly qualifier: Qualifier | undefined;
}
/** A number may still become an argument. */
type Primary = Term | { readonly value: Arithmetic };

function expression(context: ParseContext, inherited: Qualifier | undefined): Term {
  return continueExpression(context, term(context, inherited));
}

function continueExpression(context: ParseContext, first: Term): Term {
  const terms = [first.node];
  let kind = takeBetween(context);
  let last = first;
  while (kind !== undefined) {
    last = term(context, last.qualifier);
    terms.push(last.node);
    const next = takeBetween(context);
    if (next !== kind)
      terms.splice(
        0,
        terms.length,
        context.node({ kind, of: [...terms], at: across(terms[0]?.at ?? first.node.at, last.node.at) }),
      );
    kind = next;
  }
  return { node: terms[0] ?? first.node, qualifier: last.qualifier };
}

function takeBetween(context: ParseContext): "and" | "or" | undefined {
  const token = context.lexer.peek();
  const word = token.kind === "symbol" ? token.symbol : (context.keyword() ?? "");
  if (!BETWEEN.includes(word)) return undefined;
  context.lexer.next();
  return word === "and" || word === "&&" ? "and" : "or";
}

function term(context: ParseContext, inherited: Qualifier | undefined): Term {
  const first = primary(context, inherited);
  return "value" in first ? finishValue(context, first.value, inherited) : first;
}

/** A relation, or an argument that is a number. */
function finishValue(context: ParseContext, first: Arithmetic, inherited: Qualifier | undefined): Term {
  const value = continueValue(context, first, group);
  const relation = takeRelation(context);
  if (relation !== undefined) return relate(context, value, relation);
  return argumentOfValue(context, value, inherited);
}

function relate(context: ParseContext, left: Arithmetic, op: ReturnType<typeof takeRelation> & string): Term {
  const right = parseValue(context, group);
  return {
    node: context.node({ kind: "relation", op, left, right, at: across(left.at, right.at) }),
    qualifier: undefined,
  };
}

/** The number was read already; it is read again as what the qualifier takes. */
function argumentOfValue(context: ParseContext, value: Arithmetic, inherited: Qualifier | undefined): Term {
  const { lexer } = context;
  if (value.kind !== "number" || inherited === undefined) {
    const text = lexer.text.slice(value.at.start, value.at.end);
    if (value.kind !== "number" || /^[a-z]/.test(text))
      throw context.unexpected("a comparison: ==, !=, <, <=, > or >=");
    throw context.fault(value.at, `What ${text} is must be said`, A_PRIMITIVE, [
      `port ${text}`,
      `net ${text}`,
      `${text} == len`,
    ]);
  }
  const after = lexer.position;
  lexer.rewind(value.at.start);
  const node = argument(context, inherited);
  // Parentheses around the number were read too.
  lexer.rewind(Math.max(after, lexer.position));
  return { node, qualifier: inherited };
}

function argument(context: ParseContext, qualifier: Qualifier): FilterNode {
  return qualifier.kind === "packet"
    ? parseArgument(context, qualifier)
    : parseEventArgument(context, qualifier);
}

/** Parentheses where a value must be in them. */
function group(context: ParseContext): Arithmetic {
  return context.nested(() => {
    context.takeSymbol("(", AN_OPERAND);
    const value = parseValue(context, group);
    context.takeSymbol(")", ") or an operator");
    return value;
  });
}

function primary(context: ParseContext, inherited: Qualifier | undefined): Primary {
  const { lexer } = context;
  const begin = lexer.position;
  const isArgument = inherited?.kind === "event" && isEventArgument(context);
  lexer.rewind(begin);
  if (isArgument) return { node: argument(context, inherited), qualifier: inherited };
  if (context.isSymbol("!") || context.keyword() === "not")
    return negated(context, () => term(context, inherited));
  if (context.isSymbol("(")) return parenthesized(context, inherited);
  if (inherited?.kind === "packet" && isPacketArgument(context, inherited.type === "net"))
    return { node: argument(context, inherited), qualifier: inherited };
  if (startsArithmetic(context)) return { value: parseOperand(context, group) };
  return named(context);
}

function negated(context: ParseContext, read: () => Term): Term {
  const at = context.lexer.next();
  const { node, qualifier } = context.nested(read);
  return { node: context.node({ kind: "not", of: node, at: across(at, node.at) }), qualifier };
}

function parenthesized(context: ParseContext, inherited: Qualifier | undefined): Primary {
  context.lexer.next();
  const inner = context.nested(() => inParentheses(context, inherited));
  context.takeSymbol(")", ") or and, or");
  return "value" in inner ? inner : { node: inner.node, qualifier: inherited };
}

function inParentheses(context: ParseContext, inherited: Qualifier | undefined): Primary {
  const first = primary(context, inherited);
  if (!("value" in first)) return continueExpression(context, first);
  const value = continueValue(context, first.value, group);
  if (context.isSymbol(")")) return { value };
  return continueExpression(context, finishValue(context, value, inherited));
}

function named(context: ParseContext): Term {
  const { lexer } = context;
  const token = lexer.peek();
  const word = context.keyword() ?? "";
  if (word === "true" || word === "false")
    return {
      node: context.node({ kind: "constant", value: word === "true", at: spanOf(lexer.next()) }),
      qualifier: undefined,
    };
  if (word === "loopback")
    return { node: context.node({ kind: "loopback", at: spanOf(lexer.next()) }), qualifier: undefined };
  if (word === "less" || word === "greater") return lengthRelation(context, word);
  if (WORD_PRIMITIVES.includes(word)) return eventHead(context, word);
  const head = token.kind === "word" && isIndexed(context) ? undefined : parseHead(context);
  if (head === undefined) throw context.unexpected(A_PRIMITIVE, strayNearest(context));
  if ("kind" in head) return { node: head, qualifier: undefined };
  return { node: argumentsOf(context, head.qualifier), qualifier: inheritable(head.qualifier) };
}

/** What follows qualifiers: `not`, parentheses, or an argument. */
function argumentsOf(context: ParseContext, qualifier: Qualifier): FilterNode {
  if (qualifier.kind === "packet" && (context.isSymbol("!") || context.keyword() === "not"))
    return negated(context, () => ({ node: argumentsOf(context, qualifier), qualifier })).node;
  if (context.lexer.character() !== "(") return argument(context, qualifier);
  context.lexer.next();
  const { node } = context.nested(() => expression(context, inheritable(qualifier)));
  context.takeSymbol(")", ") or and, or");
  return node;
}

function eventHead(context: ParseContext, primitive: string): Term {
  const { start, end } = context.lexer.next();
  const qualifier: Qualifier = Object.freeze({ kind: "event", primitive, at: Object.freeze({ start, end }) });
  return { node: argumentsOf(context, qualifier), qualifier: inheritable(qualifier) };
}

/** Arguments that inherit qualifiers stand alone in the text. */
function inheritable(qualifier: Qualifier): Qualifier {
  return Object.freeze({ ...qualifier, at: NOWHERE });
}

/** `less 5` is len <= 5, and `greater 5` len >= 5. */
function lengthRelation(context: ParseContext, word: "less" | "greater"): Term {
  const { lexer } = context;
  const name = lexer.next();
  const token = lexer.peek();
  if (token.kind !== "number") throw context.unexpected("a number of bytes");
  const at = across(name, lexer.next());
  const left = context.node({ kind: "len", at: spanOf(name) });
  const right = context.node({ kind: "number", value: token.value, at: spanOf(token) });
  return {
    node: context.node({ kind: "relation", op: word === "less" ? "<=" : ">=", left, right, at }),
    qualifier: undefined,
  };
}

/** What may be meant by something behind a whole filter: more of it, if that can begin a primitive. */
function afterWhole(context: ParseContext): readonly string[] {
  const word = context.keyword() ?? "";
  if (OPENING_WORDS.includes(word)) return BETWEEN.slice(0, 2).map((between) => `${between} ${word}`);
  const between = BETWEEN.find((one) => one === word.toLowerCase());
  return between === undefined ? strayNearest(context) : [between];
}

function strayNearest(context: ParseContext): readonly string[] {
  const token = context.lexer.peek();
  if (token.kind === "dotted" || token.kind === "ip6")
    return [`host ${context.lexer.text.slice(token.start, token.end)}`];
  if (token.kind === "number") return [`port ${token.value}`];
  return token.kind === "word" ? nearest(token.word, OPENING_WORDS) : [];
}

function spanOf({ start, end }: Span): Span {
  return Object.freeze({ start, end });
}
