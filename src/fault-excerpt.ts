/** A line of text with a caret under what is wrong in it. */

interface Span {
  readonly text: string;
  /** UTF-16 units of `text`, from and up to. */
  readonly start: number;
  readonly end: number;
}

/** Characters of a line that fit a terminal. */
const EXCERPT = 72;

/**
 * The line with the fault, or an excerpt of it, and a caret below; with the line's number if the text has
 * several lines.
 */
export function pointedAt({ text, start, end }: Span): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", start);
  const lineEnd = (newline < 0 ? text.length : newline) - (text[newline - 1] === "\r" ? 1 : 0);
  const from = start - lineStart <= EXCERPT - 12 ? lineStart : start - EXCERPT / 2;
  const to = Math.min(lineEnd, from + EXCERPT);
  const before = from > lineStart ? "..." : "";
  const number = text.includes("\n") ? `line ${text.slice(0, start).split("\n").length}: ` : "";
  const excerpt = printable(text.slice(from, to));
  const width = Math.max(1, columns(text.slice(start, Math.min(end, to))));
  return `  ${number}${before}${excerpt}${to < lineEnd ? "..." : ""}\n  ${" ".repeat(number.length + before.length + columns(text.slice(from, start)))}^${"~".repeat(width - 1)}`;
}

/** Characters two columns wide, roughly (Unicode's UAX 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function columns(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

/**
 * Control characters become dots: the contents of a file must not control the terminal.
 */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\t" ? " " : "."));
}
