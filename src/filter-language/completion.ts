/** Which words can come next in a filter, as far as the word before tells: for shells. */
import { DIRECTIONS, DROP_CLASSES, TCP_FLAGS, TCP_STATES } from "../model/index.ts";
import { IP_PROTOCOLS, OPENING_WORDS, PROTOCOLS } from "./vocabulary.ts";

const TYPES = ["host", "net", "port", "portrange"];

/** By the word before: "" for every other one. `reasons` are the names of this kernel. */
export function wordsAfter(
  reasons: readonly string[],
  services: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ["reason", reasons],
    ["class", DROP_CLASSES],
    ["state", TCP_STATES.filter((state) => state !== undefined)],
    ["flags", TCP_FLAGS.flatMap((flag) => [flag.toLowerCase(), `!${flag.toLowerCase()}`])],
    ["direction", DIRECTIONS],
    ["family", ["4", "6"]],
    ["port", services],
    ["proto", [...IP_PROTOCOLS.keys()]],
    ...["src", "dst"].map((word): [string, readonly string[]] => [word, TYPES]),
    ["", [...new Set([...OPENING_WORDS.filter((word) => !isRare(word)), "and", "or"])]],
  ]);
}

/** Nobody completes protocols that no drop is of. */
function isRare(word: string): boolean {
  const meaning = PROTOCOLS.get(word);
  return meaning?.never === true || (meaning?.number !== undefined && word !== "tcp");
}
