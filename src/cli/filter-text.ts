/** The filter of the command line: the words behind the options, --filter or -F. */
import { FilterError, type TcpdropError, UsageError } from "../errors.ts";
import {
  bothOf,
  type Filter,
  nearest,
  type ParseOptions,
  parseFilter,
  printFilter,
} from "../filter-language/index.ts";
import { readServices } from "../host/services.ts";
import { plainText } from "../sinks/plain-text.ts";
import { readNamedFile } from "./read-named-file.ts";
import { NOT_SHOWN, realUserReads } from "./real-user.ts";
import { type Settings, shownText } from "./settings.ts";

const STDIN = 0;

/** A filter's text, and where it stands. */
interface FilterSource {
  readonly text: string;
  /** For messages, where that is not the command line itself. */
  readonly origin?: string;
  /** True where the user may not see it. */
  readonly isSecret: () => boolean;
}

/** Of this process: what is wrong with a filter may be found after it was parsed. */
let source: FilterSource | undefined;

/**
 * Undefined where none was given. A FilterError where it is none; `commands` are what a lone word may have
 * meant, `ofTarget` is what --for adds.
 */
export function filterOf(
  settings: Settings<"trace">,
  words: readonly string[],
  commands: readonly string[],
  ofTarget?: string,
): Filter | undefined {
  source = sourceOf(settings, words);
  const { interface: iface } = settings.values;
  const ofInterface =
    iface === undefined || iface === "any"
      ? undefined
      : interfaceWord(iface, settings.given("interface")?.origin ?? "interface");
  const filter = source === undefined ? undefined : parsed(source.text, words, commands);
  const added = [ofInterface, ofTarget].filter((word) => word !== undefined);
  if (added.length === 0) return filter;
  const [text, ...more] = filter === undefined ? added : [filter.text, ...added];
  return parseFilter(more.reduce(bothOf, text ?? ""), services());
}

function parsed(text: string, words: readonly string[], commands: readonly string[]): Filter {
  try {
    return parseFilter(text, services());
  } catch (failure) {
    throw failure instanceof FilterError ? orCommand(failure, words, commands) : failure;
  }
}

function services(): ParseOptions {
  const known = readServices();
  return { services: known?.tcp, otherServices: known?.other };
}

/** IFNAMSIZ with its zero is 16. */
const MAX_NAME_BYTES = 15;

/** What -i adds to the filter. */
function interfaceWord(name: string, origin: string): string {
  if (name === "" || Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new UsageError(
      `${origin} ${shownText(name)}: the name of an interface has 1 to ${MAX_NAME_BYTES} bytes`,
      {
        hint: "ip link lists them.",
      },
    );
  return printFilter({ kind: "iface", name, at: { start: 0, end: 0 } });
}

/** The command line has one filter at most; without one, that of the environment or of the file. */
function sourceOf(settings: Settings<"trace">, words: readonly string[]): FilterSource | undefined {
  const { filter: text, "filter-file": path } = settings.values;
  const given = settings.given("filter");
  const onCommandLine = [
    words.length > 0 ? "a filter" : undefined,
    given?.by === "flag" ? "--filter" : undefined,
    path === undefined ? undefined : "-F",
  ];
  const [first, second] = onCommandLine.filter((one) => one !== undefined);
  if (second !== undefined)
    throw new UsageError(`${first} and ${second} are two filters`, { hint: "Remove one of them." });
  if (path !== undefined) return readFilter(path);
  if (words.length > 0) return { text: words.join(" "), isSecret: () => false };
  if (text === undefined || given === undefined) return undefined;
  const { by, origin, isSecret } = given;
  return by === "flag" ? { text, isSecret } : { text, origin, isSecret };
}

/** The error of an invalid filter; without its words where the user may not see them. */
export function withoutSecrets(failure: FilterError): TcpdropError {
  if (source?.origin === undefined) return failure;
  if (!source.isSecret())
    return new FilterError({ ...failure.fault, problem: `${failure.fault.problem} (${source.origin})` });
  const line = source.text.slice(0, failure.fault.start).split("\n").length;
  return new UsageError(`The filter in ${source.origin} is invalid at line ${line}`, {
    hint: NOT_SHOWN,
  });
}

/** True where the user may not see the filter's words. */
function isFilterSecret(): boolean {
  return source?.isSecret() === true;
}

/** What is said in place of the filter's words, where the user may not see them. */
export function wordsForSecret(): string | undefined {
  return isFilterSecret() ? "a part of the filter" : undefined;
}

/**
 * What `step` gives, which uses the filter. What it refuses is said without the filter's words, where the
 * user may not see them; `ofOther` are failures that have none.
 */
export function withSecretFilter<T>(step: () => T, ofOther: (failure: UsageError) => boolean): T {
  try {
    return step();
  } catch (failure) {
    if (!(failure instanceof UsageError) || !isFilterSecret() || ofOther(failure)) throw failure;
    throw new UsageError(`Cannot trace with the filter in ${source?.origin}`, { hint: NOT_SHOWN });
  }
}

/** Where the filter's text is to be shown: an error where the user may not see it. */
export function demandReadable(): void {
  if (source === undefined || !isFilterSecret()) return;
  throw new UsageError(
    `Cannot show the filter in ${source.origin}: the user who runs tcpdrop may not read that file`,
  );
}

function readFilter(path: string): FilterSource {
  const text = readNamedFile(path === "-" ? STDIN : path, "the filter");
  if (path === "-") return { text, isSecret: () => false };
  return { text, origin: plainText(path), isSecret: () => !realUserReads(path, text) };
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
