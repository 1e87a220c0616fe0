/**
 * The settings of one command: from its flags, else from the environment, else from the configuration file that
 * --config names, else the default. Errors say where the value came from.
 */
import { editDistance } from "../bytes/edit-distance.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../filter-language/index.ts";
import {
  type CommandName,
  environmentName,
  SETTINGS,
  type Setting,
  type SettingIn,
  type SettingKey,
  type SettingValues,
  settingsIn,
} from "../settings/table.ts";
import type { TextRule } from "../settings/values.ts";

/** A value as it was given, and by what. */
export interface Given {
  readonly by: "flag" | "environment" | "file";
  readonly texts: readonly string[];
  /** "--buffer 5", with the value; it is shown to people. */
  readonly shown: string;
  /** Where it stands: "--buffer", "TCPDROP_BUFFER", "tcpdrop.toml". */
  readonly origin: string;
  /** How another value would be given there. */
  readonly written: (example: string) => string;
  /** True where the user may not see it: it stands in a file that only the rights of this process can read. */
  readonly isSecret: () => boolean;
}

export type GivenSettings = ReadonlyMap<SettingKey, Given>;

export interface Settings<C extends CommandName> {
  readonly values: SettingValues<C>;
  /** What was given for a setting; undefined for a default. */
  readonly given: (key: SettingKey) => Given | undefined;
}

/** The first of `sources` that has a setting decides; a UsageError where its value is invalid. */
export function readSettings<C extends CommandName>(
  command: C,
  ...sources: readonly GivenSettings[]
): Settings<C> {
  const given = new Map<SettingKey, Given>();
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const [key, row] of Object.entries<Setting>(SETTINGS)) values[key as SettingKey] = defaultOf(row);
  for (const row of settingsIn(command)) {
    const found = sources.map((source) => source.get(row.key)).find((one) => one !== undefined);
    if (found !== undefined) given.set(row.key, found);
    values[row.key] = found === undefined ? defaultOf(row) : settingFrom(row, found);
  }
  // Each value is what its row's rule gives, and that is what the type says.
  return Object.freeze({
    values: Object.freeze(values) as SettingValues<C>,
    given: (key: SettingKey) => given.get(key),
  });
}

function defaultOf({ rule, default: text }: Setting): unknown {
  return text === undefined ? undefined : rule.parse(text);
}

function settingFrom(row: SettingIn, given: Given): unknown {
  const values = given.texts.map((text) => parsed(row, text, given));
  return row.repeats === true ? values.flat() : values.at(-1);
}

function parsed({ rule, choices }: SettingIn, text: string, given: Given): unknown {
  const what = choices === undefined ? rule.what : `one of ${choices.join(", ")}`;
  const refusal = (): UsageError =>
    new UsageError(`${given.shown} is not ${what}`, {
      hint: hintFor(rule, choices, text, given.written),
    });
  let value: unknown;
  try {
    value = rule.parse(text);
  } catch (failure) {
    if (!(failure instanceof UsageError)) throw failure;
    if (given.isSecret()) throw refusal();
    throw new UsageError(`${given.shown}: ${failure.message}`, { hint: failure.hint, cause: failure });
  }
  if (value === undefined || choices?.includes(text) === false) throw refusal();
  return value;
}

/** The word that may be meant, else what can be given. */
export function hintFor(
  { forms = "For example", example, words = [] }: TextRule<unknown>,
  choices: readonly string[] = words,
  text: string,
  written: Given["written"],
): string {
  const [near] = nearest(text, choices, 1);
  return near === undefined ? `${forms}: ${written(example)}` : `Did you mean ${written(near)}?`;
}

/** Keys that the environment and a file may have. */
export const KEYS: readonly SettingKey[] = Object.entries<Setting>(SETTINGS).flatMap(([key, row]) =>
  row.commandLineOnly === true ? [] : [key as SettingKey],
);

/** TCPDROP_BUFFER=64M, and so on; an empty one counts as not given. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): GivenSettings {
  const names = new Map(KEYS.map((key) => [environmentName(key), key]));
  const given = new Map<SettingKey, Given>();
  for (const [name, text = ""] of Object.entries(environment)) {
    if (!name.startsWith("TCPDROP_") || text === "") continue;
    const key = names.get(name);
    if (key === undefined) refuseMisspelt(name, [...names.keys()]);
    else
      given.set(key, {
        by: "environment",
        texts: [text],
        shown: `${name}=${shownText(text)}`,
        origin: name,
        written: (example) => `${name}=${example}`,
        isSecret: () => false,
      });
  }
  return given;
}

/** Two letters of a shorter one, or two that stand in the wrong order, make another word. */
const LONG_NAME = "TCPDROP_BUFFER".length;

/** What Kubernetes sets in each container for a service called tcpdrop. */
const OF_A_SERVICE = /^TCPDROP_(?:SERVICE_|PORT(?:_|$))/;

/** What is nearly one of ours is a mistake. */
function refuseMisspelt(name: string, names: readonly string[]): void {
  if (OF_A_SERVICE.test(name)) return;
  const near = names.find((known) => editDistance(name, known) <= (known.length < LONG_NAME ? 1 : 2));
  if (near === undefined) return;
  throw new UsageError(`${shownText(name)} in the environment is not a setting`, {
    hint: `Did you mean ${near}?`,
  });
}

const MOST_SHOWN = 60;

/** On one line, and without what would steer a terminal. */
export function shownText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}...` : line;
}
