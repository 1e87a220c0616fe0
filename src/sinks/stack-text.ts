/** A drop's kernel stack under its row, as bcc's tcpdrop prints it. */
import type { DropEvent } from "../model/index.ts";
import { sharedWriter, type Writer } from "./writer.ts";

/**
 * A tab and one frame per line, then an empty line. Where no stack was taken, the location is the only frame;
 * where one was left out, `omitted` stands behind it.
 */
export function stackWriter(formatFrame: (frame: string) => string, omitted = ""): Writer<DropEvent> {
  const site = (event: DropEvent): object => event.site;
  const location = ({ site: { location: frame } }: DropEvent, end: string): string =>
    `\t${formatFrame(frame)}${end}\n\n`;
  const atLocation = sharedWriter<DropEvent>(site, (event, out) => out.text(location(event, "")));
  const omittedAt = sharedWriter<DropEvent>(site, (event, out) => out.text(location(event, omitted)));
  return sharedWriter<DropEvent>(
    ({ stack }) => stack,
    ({ stack = [] }, out) => out.text(`${stack.map((frame) => `\t${formatFrame(frame)}\n`).join("")}\n`),
    (event, out) => (event.detail.stackOmitted ? omittedAt : atLocation)(event, out),
  );
}
