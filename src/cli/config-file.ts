/** The configuration file that --config names: TOML, with a key for each setting. */
import { UsageError } from "../errors.ts";
import { nearest } from "../filter-language/index.ts";
import { SETTINGS, type Setting, type SettingKey } from "../settings/table.ts";
import { readRegularFile } from "./read-named-file.ts";
import { realUserReads } from "./real-user.ts";
import { type Given, type GivenSettings, hintFor, KEYS, shownText } from "./settings.ts";

/** A UsageError where the file cannot be read, is no TOML, or has what is not a setting. */
export async function fromConfigFile(path: string): Promise<GivenSettings> {
  const file: ConfigFile = { path, text: readRegularFile(path, "the settings") };
  const entries = Object.entries(await parse(file));
  return new Map(entries.map(([key, value]) => [knownKey(key, value, file), givenIn(file, key, value)]));
}

interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** The parser is loaded for this alone. */
async function parse(file: ConfigFile): Promise<Readonly<Record<string, unknown>>> {
  const { parse: parseToml, TomlError } = await import("smol-toml");
  try {
    return parseToml(file.text);
  } catch (failure) {
    if (!(failure instanceof TomlError)) throw failure;
    // Behind the first line of the message stands an excerpt of the file, with what may steer a terminal.
    const [problem = ""] = failure.message.split("\n");
    const what = isSecret(file) ? "" : `: ${shownText(problem.replace("Invalid TOML document: ", ""))}`;
    throw new UsageError(`${shownText(file.path)} is not TOML, line ${failure.line}${what}`, {
      hint: 'A setting is a line like buffer = "64M"; tcpdrop --help has their names.',
    });
  }
}

function knownKey(key: string, value: unknown, file: ConfigFile): SettingKey {
  const known = KEYS.find((one) => one === key);
  if (known !== undefined) return known;
  if (isSecret(file)) throw new UsageError(`${shownText(file.path)} has a key that is not a setting`);
  if (isTable(value))
    throw new UsageError(`${shownText(file.path)} has the table ${shownText(`[${key}]`)}`, {
      hint: "Settings belong to no table: remove the line.",
    });
  const near = nearest(key, KEYS);
  throw new UsageError(`${shownText(JSON.stringify(key))} in ${shownText(file.path)} is not a setting`, {
    hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : `Settings are ${KEYS.join(", ")}`,
  });
}

function givenIn(file: ConfigFile, key: string, value: unknown): Given {
  const row: Setting = SETTINGS[knownKey(key, value, file)];
  const texts = textsOf(value, row);
  const path = shownText(file.path);
  const shown = isSecret(file)
    ? `${key} in ${path}`
    : `${key} = ${shownText(JSON.stringify(value))} in ${path}`;
  if (texts === undefined)
    throw new UsageError(`${shown} is not ${row.rule.what}`, {
      hint: hintFor(row.rule, row.choices, "", (example) => writtenInFile(key, example)),
    });
  return {
    by: "file",
    texts,
    shown,
    origin: path,
    written: (example) => writtenInFile(key, example),
    isSecret: () => isSecret(file),
  };
}

function isTable(value: unknown): boolean {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

/** Undefined for what no setting can be: a date, a table, a list of them. */
function textsOf(value: unknown, row: Setting): readonly string[] | undefined {
  if (Array.isArray(value)) {
    const texts = value.flatMap((one) => textOf(one) ?? []);
    return row.repeats === true && texts.length === value.length ? texts : undefined;
  }
  const text = value === true ? meaningOfTrue(row) : textOf(value);
  return text === undefined ? undefined : [text];
}

/** What the setting's flag means without an argument: summary = true is --summary. */
function meaningOfTrue({ forms: [form] }: Setting): string {
  return form?.flags.includes("[") === true ? (form.means ?? "true") : "true";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** A line of the file. */
export function writtenInFile(key: string, example: string): string {
  return `${key} = ${/^(\d+|true|false)$/.test(example) ? example : JSON.stringify(example)}`;
}

function isSecret({ path, text }: ConfigFile): boolean {
  return !realUserReads(path, text);
}
