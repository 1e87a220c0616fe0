/** A drop's kernel stack under its row, as bcc's tcpdrop prints it. */
import type { DropEvent } from "../model/index.ts";
import { KeptLists, KeptPieces, type Writer } from "./kept-pieces.ts";

/**
 * A tab and one frame per line, then an empty line. Where no stack was taken, the location is the only frame;
 * where one was left out, `omitted` stands behind it.
 */
export function stackWriter(formatFrame: (frame: string) => string, omitted = ""): Writer<DropEvent> {
  const stacks = new KeptLists((stack) => `${stack.map((frame) => `\t${formatFrame(frame)}\n`).join("")}\n`);
  const locations = new KeptPieces(formatFrame, "\t", "\n\n");
  const omittedAt = new KeptPieces(formatFrame, "\t", `${omitted}\n\n`);
  return ({ stack, detail, site: { location } }, out) => {
    if (stack !== undefined) stacks.write(stack, out);
    else (detail.stackOmitted ? omittedAt : locations).write(location, out);
  };
}
