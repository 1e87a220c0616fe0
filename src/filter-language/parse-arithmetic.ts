/**
 * Arithmetic, with the precedences of pcap-filter's grammar.y, lowest first:
 *
 *     |      &      << >>      + -      * /      unary -
 *
 * `%` and `^` have none there, and so what follows them is taken as a whole, and they bind tighter than what
 * stands before them.
 */
import { nearest } from "./nearest.ts";
import type { ParseContext } from "./parse-context.ts";
import {
  type Arithmetic,
  type ArithmeticOp,
  across,
  type BytesNode,
  type RelationOp,
  type Span,
} from "./tree.ts";
import { HEADERS, NUMBERS } from "./vocabulary.ts";

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["|", 1],
  ["&", 2],
  ["<<", 3],
  [">>", 3],
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 7],
  ["^", 7],
]);
const UNARY = 6;

const RELATIONS: ReadonlyMap<string, RelationOp> = new Map([
  ["=", "=="],
  ["==", "=="],
  ["!=", "!="],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
]);

export const AN_OPERAND = "a number, len, payload, or bytes of a header like tcp[13] or ip[2:2]";

/** Reads what stands in parentheses where it is no arithmetic alone: throws if it is not. */
export type ReadGroup = (context: ParseContext) => Arithmetic;

/** True where an operand of arithmetic stands next; a parenthesis may hold one, or not. */
export function startsArithmetic(context: ParseContext): boolean {
  const token = context.lexer.peek();
  if (token.kind === "number" || context.isSymbol("-")) return true;
  const word = context.keyword();
  if (word === undefined) return false;
  return word === "len" || word === "length" || word === "payload" || NUMBERS.has(word) || isIndexed(context);
}

/** An opening bracket stands behind the next token. */
export function isIndexed({ lexer }: ParseContext): boolean {
  return lexer.character(lexer.peek()) === "[";
}

/** The comparison that stands next, taken; or undefined. */
export function takeRelation({ lexer }: ParseContext): RelationOp | undefined {
  const token = lexer.peek();
  const op = token.kind === "symbol" ? RELATIONS.get(token.symbol) : undefined;
  if (op !== undefined) lexer.next();
  return op;
}

/** A whole value. */
export function parseValue(context: ParseContext, group: ReadGroup): Arithmetic {
  return continueValue(context, parseOperand(context, group), group);
}

/** What follows a first operand: operators that bind at least as tight as `least`. */
export function continueValue(
  context: ParseContext,
  first: Arithmetic,
  group: ReadGroup,
  least = 1,
): Arithmetic {
  let left = first;
  for (;;) {
    const token = context.lexer.peek();
    const precedence = token.kind === "symbol" ? PRECEDENCE.get(token.symbol) : undefined;
    if (token.kind !== "symbol" || precedence === undefined || precedence < least) return left;
    context.lexer.next();
    const op = token.symbol as ArithmeticOp;
    const right = context.nested(() =>
      continueValue(context, parseOperand(context, group), group, precedence > UNARY ? 1 : precedence + 1),
    );
    demandDefined(context, op, right);
    left = context.node({ kind: "binary", op, left, right, at: across(left.at, right.at) });
  }
}

/** Constants that pcap-filter refuses too. */
function demandDefined(context: ParseContext, op: ArithmeticOp, right: Arithmetic): void {
  if (right.kind !== "number") return;
  if ((op === "/" || op === "%") && right.value === 0) throw context.fault(right.at, "This divides by zero");
  if ((op === "<<" || op === ">>") && right.value > 31)
    throw context.fault(right.at, "This shifts by more than 31 bits");
}

export function parseOperand(context: ParseContext, group: ReadGroup): Arithmetic {
  const { lexer } = context;
  const token = lexer.peek();
  if (token.kind === "number") return number(context, lexer.next(), token.value);
  if (context.isSymbol("(")) return group(context);
  if (context.isSymbol("-")) {
    lexer.next();
    const of = context.nested(() => continueValue(context, parseOperand(context, group), group, UNARY));
    return context.node({ kind: "negate", of, at: across(token, of.at) });
  }
  const word = context.keyword();
  const named = word === undefined ? undefined : NUMBERS.get(word);
  if (named !== undefined) return number(context, lexer.next(), named);
  if (word === "len" || word === "length") return context.node({ kind: "len", at: span(lexer.next()) });
  if (word === "payload") return context.node({ kind: "payload", at: span(lexer.next()) });
  if (word !== undefined && isIndexed(context)) return parseBytes(context, group);
  throw context.unexpected(AN_OPERAND, word === undefined ? [] : nearest(word, NUMBERS.keys()));
}

function number(context: ParseContext, at: Span, value: number): Arithmetic {
  return context.node({ kind: "number", value, at: span(at) });
}

function span({ start, end }: Span): Span {
  return Object.freeze({ start, end });
}

function parseBytes(context: ParseContext, group: ReadGroup): BytesNode {
  const { lexer } = context;
  const name = lexer.next();
  const header = HEADERS.find((one) => name.kind === "word" && name.word === one);
  if (header === undefined)
    throw context.fault(
      name,
      "A TCP drop has no such header that bytes could be taken of",
      "ip[...], ip6[...] or tcp[...]",
      ["tcp[13]", "ip[9]"],
    );
  lexer.next();
  const offset = context.nested(() => parseValue(context, group));
  const size = context.isSymbol(":") ? parseSize(context) : 1;
  const end = context.takeSymbol("]", "] or an operator");
  return context.node({ kind: "bytes", header, offset, size, at: across(name, end) });
}

function parseSize(context: ParseContext): 1 | 2 | 4 {
  const { lexer } = context;
  lexer.next();
  const token = lexer.peek();
  const size = token.kind === "number" ? token.value : 0;
  if (size !== 1 && size !== 2 && size !== 4) throw context.unexpected("1, 2 or 4 bytes after the colon");
  lexer.next();
  return size;
}
