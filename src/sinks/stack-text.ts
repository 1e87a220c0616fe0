/** A drop's kernel stack under its row, as bcc's tcpdrop prints it. */
import type { DropEvent } from "../event.ts";

/**
 * A tab and one frame per line, then an empty line. Where no stack was taken, the location is the only frame; where one was left out, `omitted`
 * stands behind it.
 */
export function formatStack(event: DropEvent, formatFrame: (frame: string) => string, omitted = ""): string {
  if (event.stack === undefined) return `\t${formatFrame(event.location)}${event.stackOmitted ? omitted : ""}\n\n`;
  let text = "";
  for (const frame of event.stack) text += `\t${formatFrame(frame)}\n`;
  return `${text}\n`;
}
