/** What the parts of the parser share: the tokens, the limits, and how to complain. */
import { FilterError } from "../errors.ts";
import { Lexer, type Token } from "./lexer.ts";
import { MAX_DEPTH, MAX_NODES } from "./limits.ts";
import { OTHER_SERVICES, SERVICES } from "./services.ts";
import { type Arithmetic, type FilterNode, frozen, type Span } from "./tree.ts";
import { REFUSED_WORDS } from "./vocabulary.ts";

/** What the text is read with; plain data. */
export interface ParseOptions {
  /** TCP ports by name; those of SERVICES in services.ts without it. */
  readonly services?: ReadonlyMap<string, number> | undefined;
  /**
   * Ports of UDP and other protocols by name, which may stand behind `udp` and `sctp`; those of
   * OTHER_SERVICES without it.
   */
  readonly otherServices?: ReadonlyMap<string, number> | undefined;
}

export class ParseContext {
  readonly lexer: Lexer;
  readonly services: ReadonlyMap<string, number>;
  readonly otherServices: ReadonlyMap<string, number>;
  readonly #depths = new WeakMap<object, number>();
  #nodes = 0;
  #nesting = 0;

  constructor(text: string, { services = SERVICES, otherServices = OTHER_SERVICES }: ParseOptions) {
    this.lexer = new Lexer(text);
    this.services = services;
    this.otherServices = otherServices;
  }

  isSymbol(symbol: string): boolean {
    const token = this.lexer.peek();
    return token.kind === "symbol" && token.symbol === symbol;
  }

  /** The keyword that stands next; undefined for anything else, and for a word after a backslash. */
  keyword(): string | undefined {
    const token = this.lexer.peek();
    return token.kind === "word" && !token.escaped ? token.word : undefined;
  }

  takeSymbol(symbol: string, expected: string): Token {
    if (!this.isSymbol(symbol)) throw this.unexpected(expected);
    return this.lexer.next();
  }

  /** Freezes a node, and counts it. */
  node<N extends FilterNode | Arithmetic>(node: N): N {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw this.fault(node.at, `The filter has more than ${MAX_NODES} parts`);
    let depth = 0;
    for (const part of Object.values(node).flat())
      if (typeof part === "object") depth = Math.max(depth, this.#depths.get(part as object) ?? 0);
    if (depth >= MAX_DEPTH) throw this.#tooDeep(node.at);
    this.#depths.set(node, depth + 1);
    return frozen(node);
  }

  /** Reads something that may contain itself. */
  nested<T>(read: () => T): T {
    if (this.#nesting >= MAX_DEPTH) throw this.#tooDeep(this.lexer.peek());
    this.#nesting += 1;
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  #tooDeep(at: Span): FilterError {
    return this.fault(
      at,
      `The filter is nested more than ${MAX_DEPTH} levels deep`,
      "fewer parentheses, or and and or in turns less often",
    );
  }

  fault(
    { start, end }: Span,
    problem: string,
    expected?: string,
    nearest: readonly string[] = [],
  ): FilterError {
    return new FilterError({ text: this.lexer.text, start, end, problem, expected, nearest });
  }

  /** A complaint about what stands next. */
  unexpected(expected: string, nearest: readonly string[] = []): FilterError {
    const token = this.lexer.peek();
    const word = this.keyword() ?? "";
    const refused = REFUSED_WORDS.get(word);
    if (refused !== undefined)
      return this.fault(
        token,
        `Filters of drops have no ${word}: ${refused.why}`,
        undefined,
        refused.instead === undefined ? [] : [refused.instead],
      );
    const what =
      token.kind === "end"
        ? "The filter ends too early"
        : `${JSON.stringify(this.lexer.text.slice(token.start, token.end))} does not fit here`;
    return this.fault(token, what, expected, nearest);
  }
}
