/** A program's listing, a line for each of its parts: what changed shows by name, without 2,000 lines to read. */
import { createHash } from "node:crypto";

/** Labels that begin a part: steps of the program, sections of the record, parts of a filter. */
const BEGINS_PART = /^(?:step|section|filter)_\w+(?=:$)/;
const INSTRUCTION = /^ *(\d+): (.*?) *(?:;.*)?$/;
const JUMP = /goto (\d+)$/;
const DIGEST_CHARACTERS = 12;

interface Line {
  readonly at: number;
  readonly text: string;
}

interface Part {
  readonly name: string;
  readonly lines: Line[];
}

/** "step_hide 12 instructions 0123456789ab" for each, in their order. Where the others lie changes none. */
export function partDigests(listing: string): string {
  const parts: Part[] = [{ name: "begin", lines: [] }];
  for (const line of listing.split("\n")) {
    const name = BEGINS_PART.exec(line)?.[0];
    if (name !== undefined) parts.push({ name, lines: [] });
    const [, at, text] = INSTRUCTION.exec(line) ?? [];
    if (at !== undefined && text !== undefined) parts.at(-1)?.lines.push({ at: Number(at), text });
  }
  const partOf = (at: number): Part | undefined =>
    parts.findLast(({ lines: [first] }) => first !== undefined && first.at <= at);
  return parts
    .map((part) => `${part.name} ${part.lines.length} instructions ${digest(part, partOf)}\n`)
    .join("");
}

function digest(part: Part, partOf: (at: number) => Part | undefined): string {
  const hash = createHash("sha256");
  for (const { at, text } of part.lines)
    hash.update(
      `${text.replace(JUMP, (_whole, target: string) => {
        const other = partOf(Number(target));
        return other === part ? `goto ${Number(target) - at}` : `goto ${other?.name}`;
      })}\n`,
    );
  return hash.digest("hex").slice(0, DIGEST_CHARACTERS);
}
