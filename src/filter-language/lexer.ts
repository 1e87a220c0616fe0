/**
 * Text to tokens, one at a time, as pcap-filter's scanner.l cuts it: the longest run that is a word, so that
 * `tcp-syn` is one, and so would be `5-3`. Arguments of our own primitives are cut in another way, up to a
 * space, a parenthesis, `&` or `|`.
 *
 * `#` and what follows it on the line is a comment, as in tcpdump's -F files.
 */
import { FilterError } from "../errors.ts";
import { parseDotted, parseIp6 } from "./addresses.ts";
import { MAX_TEXT } from "./limits.ts";
import type { Network6, Span } from "./tree.ts";

export type Token = Span &
  (
    | { readonly kind: "end" }
    | { readonly kind: "number"; readonly value: number }
    /** Numbers with dots between: the first bytes of an IPv4 address. */
    | { readonly kind: "dotted"; readonly value: number; readonly bits: number }
    | { readonly kind: "ip6"; readonly address: Network6["address"] }
    /** `escaped` by a backslash: no keyword. */
    | { readonly kind: "word"; readonly word: string; readonly escaped: boolean }
    | { readonly kind: "symbol"; readonly symbol: string }
  );

export type EventArgument = Span & { readonly word: string; readonly quoted: boolean };

/**
 * An argument without quotes that looks so is a mistake: what negates and what is a pattern stands elsewhere.
 */
export const NEEDS_QUOTES = /^!|[*?]/;

const SPACE = /(?:\s|#[^\n]*)*/y;
const WORD = /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y;
const COLONS = /[0-9A-Fa-f.:]+/y;
const SYMBOL = /&&|\|\||<<|>>|<=|>=|==|!=|[()[\]:!&|^<>=+\-*/%]/y;
const ESCAPED = /\\[^ !()\n\t]+/y;
const ARGUMENT = /"[^"\n]*"|'[^'\n]*'|[^\s()&|]+/y;
const MAC = /^[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}$/;
const U32_MAX = 0xffff_ffff;

export class Lexer {
  readonly text: string;
  #at = 0;
  #peeked: Token | undefined;

  constructor(text: string) {
    this.text = text;
    if (text.length > MAX_TEXT)
      throw new FilterError({
        text: text.slice(0, 100),
        start: 0,
        end: 100,
        problem: `The filter has ${text.length} characters: at most ${MAX_TEXT} are taken`,
      });
  }

  peek(): Token {
    this.#peeked ??= this.#read();
    return this.#peeked;
  }

  next(): Token {
    const token = this.peek();
    this.#at = token.end;
    this.#peeked = undefined;
    return token;
  }

  /** The character that stands next, or first after a token: what it begins may be no token. */
  character(after?: Span): string | undefined {
    return this.text[this.#match(SPACE, after?.end ?? this.#at)];
  }

  /** Where `rewind` goes back to. */
  get position(): number {
    return this.#at;
  }
  rewind(position: number): void {
    this.#at = position;
    this.#peeked = undefined;
  }

  /** An argument of one of our own primitives, without its quotes; undefined where there is none. */
  argument(): EventArgument | undefined {
    this.#peeked = undefined;
    const start = this.#match(SPACE, this.#at);
    const end = this.#match(ARGUMENT, start);
    if (end === start) return undefined;
    const text = this.text.slice(start, end);
    const quoted = /^["']/.test(text);
    if (quoted && (text.length === 1 || text.at(-1) !== text[0]))
      throw this.#fault(start, start + 1, "This quote is not closed on its line");
    this.#at = end;
    return Object.freeze({ start, end, word: quoted ? text.slice(1, -1) : text, quoted });
  }

  #match(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(this.text) ? pattern.lastIndex : from;
  }

  #read(): Token {
    const start = this.#match(SPACE, this.#at);
    if (start === this.text.length) return Object.freeze({ kind: "end", start, end: start });
    const colonsEnd = this.#match(COLONS, start);
    const colons = this.text.slice(start, colonsEnd);
    if (colons.indexOf(":") !== colons.lastIndexOf(":")) return this.#address6(colons, start, colonsEnd);
    const wordEnd = this.#match(WORD, start);
    if (wordEnd > start) return this.#word(this.text.slice(start, wordEnd), start, wordEnd);
    const symbolEnd = this.#match(SYMBOL, start);
    if (symbolEnd > start)
      return Object.freeze({
        kind: "symbol",
        symbol: this.text.slice(start, symbolEnd),
        start,
        end: symbolEnd,
      });
    const escapedEnd = this.#match(ESCAPED, start);
    if (escapedEnd > start)
      return Object.freeze({
        kind: "word",
        word: this.text.slice(start + 1, escapedEnd),
        escaped: true,
        start,
        end: escapedEnd,
      });
    const end = start + ((this.text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
    const expected =
      this.text[start] === "," ? "or between ports and addresses, as in port 80 or 443" : undefined;
    throw this.#fault(
      start,
      end,
      `${JSON.stringify(this.text.slice(start, end))} is no part of a filter`,
      expected,
    );
  }

  #address6(text: string, start: number, end: number): Token {
    const address = parseIp6(text);
    if (address !== undefined) return Object.freeze({ kind: "ip6", address, start, end });
    if (MAC.test(text))
      throw this.#fault(start, end, `${text} is an Ethernet address: link-layer headers are not looked at`);
    throw this.#fault(start, end, `${text} is no IPv6 address`, "one like 2001:db8::1");
  }

  #word(word: string, start: number, end: number): Token {
    if (/^(?:\d+|0[xX][0-9A-Fa-f]+)$/.test(word))
      return Object.freeze({ kind: "number", value: this.#number(word, start, end), start, end });
    if (/^\d+(?:\.\d+){1,3}$/.test(word)) {
      const dotted = parseDotted(word);
      if (dotted === undefined)
        throw this.#fault(start, end, `${word} is no IPv4 address: each part is at most 255`);
      return Object.freeze({ kind: "dotted", ...dotted, start, end });
    }
    return Object.freeze({ kind: "word", word, escaped: false, start, end });
  }

  /** Hexadecimal after 0x, octal after 0. */
  #number(word: string, start: number, end: number): number {
    const octal = /^0\d/.test(word);
    if (octal && /[89]/.test(word))
      throw this.#fault(
        start,
        end,
        `${word} is no octal number, which it is taken for because it begins with 0`,
      );
    const value = octal ? Number.parseInt(word, 8) : Number(word);
    if (value > U32_MAX)
      throw this.#fault(start, end, `${word} does not fit 32 bits`, "a number up to 4294967295");
    return value;
  }

  #fault(start: number, end: number, problem: string, expected?: string): FilterError {
    return new FilterError({ text: this.text, start, end, problem, expected });
  }
}
