/**
 * Text from outside made harmless for a terminal: interface names, thread names and symbols can hold
 * anything.
 *
 * All that is not printable ASCII is escaped, letters too: then nothing can move the cursor, turn the
 * direction of writing or upset the columns, and one character is one column wide. JSON output keeps the text
 * whole.
 */

const UNSAFE = /[^\x20-\x7e]|\\/;
const UNSAFE_ALL = /[^\x20-\x7e]|\\/gu;

/** The text with control characters and bytes as \xNN, all else that is not ASCII as \u{...}, and \ as \\. */
export function plainText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  if (character === "\\") return "\\\\";
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
