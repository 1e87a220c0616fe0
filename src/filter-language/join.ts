/** A filter's text and more that must hold. */

/**
 * Both at once. `text` stands first, so that errors still show its own lines; where it has a comment, that does
 * not take what follows with it.
 */
export function bothOf(text: string, words: string): string {
  const ended = /[#\n]/.test(text) ? `${text}\n` : text;
  return `(${ended}) and (${words})`;
}
