/** A drop's kernel stack under its row, as bcc's tcpdrop prints it. */
import type { DropEvent } from "../event.ts";

/**
 * A tab and one frame per line, then an empty line. Where no stack was taken, the location is the only frame.
 */
export function formatStack(event: DropEvent, formatFrame: (frame: string) => string): string {
  let text = "";
  for (const frame of event.stack ?? [event.location]) text += `\t${formatFrame(frame)}\n`;
  return `${text}\n`;
}
