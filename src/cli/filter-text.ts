/** The filter of the command line: the words behind the options, --filter or -F. */
import { readFileSync } from "node:fs";
import { FilterError, UsageError } from "../errors.ts";
import { type Filter, nearest, parseFilter } from "../filter-language/index.ts";
import { readServices } from "../host/services.ts";

export interface FilterFlags {
  readonly filter?: string | undefined;
  readonly filterFile?: string | undefined;
}

/**
 * Undefined where none was given. A FilterError where it is none; `commands` are what a lone word may have
 * meant.
 */
export function filterOf(
  flags: FilterFlags,
  words: readonly string[],
  commands: readonly string[],
): Filter | undefined {
  const given = [
    words.length > 0 ? "a filter" : undefined,
    flags.filter === undefined ? undefined : "--filter",
    flags.filterFile === undefined ? undefined : "-F",
  ];
  const [first, second] = given.filter((one) => one !== undefined);
  if (first === undefined) return undefined;
  if (second !== undefined)
    throw new UsageError(`${first} and ${second} are two filters`, { hint: "Give one of them." });
  const text =
    flags.filter ?? (flags.filterFile === undefined ? words.join(" ") : readFilter(flags.filterFile));
  try {
    const services = readServices();
    return parseFilter(text, { services: services?.tcp, otherServices: services?.other });
  } catch (failure) {
    throw failure instanceof FilterError ? orCommand(failure, words, commands) : failure;
  }
}

function readFilter(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read the filter from ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** A first word that means nothing may be the name of a command, written wrongly. */
function orCommand(
  { fault }: FilterError,
  [word = ""]: readonly string[],
  commands: readonly string[],
): FilterError {
  const isUnknown =
    fault.expected !== undefined && fault.start === 0 && fault.end === word.length && /^[a-z]+$/.test(word);
  if (!isUnknown) return new FilterError(fault);
  return new FilterError({
    ...fault,
    problem: `${JSON.stringify(word)} is no command, and begins no filter`,
    expected: `${fault.expected}; or a command: ${commands.join(", ")}`,
    nearest: [...nearest(word, commands, 1), ...(fault.nearest ?? [])],
  });
}
