/** The filter of the command line: the words behind the options, --filter or -F. */
import { readFileSync } from "node:fs";
import { FilterError, type TcpdropError, UsageError } from "../errors.ts";
import { type Filter, nearest, parseFilter } from "../filter-language/index.ts";
import { readServices } from "../host/services.ts";
import { realUserReads } from "./real-user.ts";

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

/** The file that the filter was read from, and its text. */
let file: { readonly path: string; readonly text: string } | undefined;

/**
 * What may be said of a filter that makes no sense: nothing of a file that only the rights of this process
 * could read.
 */
export function withoutSecrets(failure: FilterError): TcpdropError {
  if (file === undefined || realUserReads(file.path, file.text)) return failure;
  const line = file.text.slice(0, failure.fault.start).split("\n").length;
  return new UsageError(`The filter in ${file.path} makes no sense, from line ${line} on`, {
    hint: "What is wrong is not shown: the user who runs tcpdrop may not read that file.",
  });
}

/** Where the filter's text is to be shown: an error where the user may not read it. */
export function demandReadable(): void {
  if (file === undefined || realUserReads(file.path, file.text)) return;
  throw new UsageError(
    `Cannot show the filter in ${file.path}: the user who runs tcpdrop may not read that file`,
  );
}

function readFilter(path: string): string {
  try {
    const text = readFileSync(path === "-" ? 0 : path, "utf8");
    if (path !== "-") file = { path, text };
    return text;
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
