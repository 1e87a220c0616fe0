/** Which words can come next in a filter, as far as the word before decides it: for shells. */
import { FILTER_FIELDS } from "../model/fields/index.ts";
import { IP_PROTOCOLS, OPENING_WORDS, PROTOCOLS } from "./vocabulary.ts";

const TYPES = ["host", "net", "port", "portrange"];

/** By the word before: "" for every other one. `reasons` are the names of this kernel. */
export function wordsAfter(
  reasons: readonly string[],
  services: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ...valuesOfFields(),
    ["reason", reasons],
    ...["port", "sport", "dport"].map((word): [string, readonly string[]] => [word, services]),
    ["proto", [...IP_PROTOCOLS.keys()]],
    ...["src", "dst"].map((word): [string, readonly string[]] => [word, TYPES]),
    ["", [...new Set([...OPENING_WORDS.filter((word) => !isRare(word)), "and", "or"])]],
  ]);
}

/** What can stand behind the words that ask for fields, where that is known. */
function valuesOfFields(): readonly (readonly [string, readonly string[]])[] {
  return [...FILTER_FIELDS].flatMap(([word, { filter }]) =>
    filter?.values === undefined ? [] : [[word, filter.values] as const],
  );
}

/** Nobody completes protocols that no drop is of. */
function isRare(word: string): boolean {
  const meaning = PROTOCOLS.get(word);
  return meaning?.never === true || (meaning?.number !== undefined && word !== "tcp");
}
