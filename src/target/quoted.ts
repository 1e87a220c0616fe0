/** Names in messages: whoever makes a container or a process chooses them. */
import { plainText } from "../sinks/plain-text.ts";

const MAX_SHOWN = 80;

/** On one line, without what would steer a terminal, and cut. */
export function shownName(text: string): string {
  return plainText(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}

/** The same in quotes. */
export function quoted(text: string): string {
  return `"${shownName(text)}"`;
}
