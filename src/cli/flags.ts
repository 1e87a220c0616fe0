/** The flags of every command, for the parser, the help, completion and docs/usage.md; from the settings. */
import { type Command, Option } from "commander";
import { UsageError } from "../errors.ts";
import { type CommandName, type FlagForm, type SettingIn, settingsIn } from "../settings/table.ts";
import { type Given, type GivenSettings, shownText } from "./settings.ts";

export interface Flag {
  /** As commander takes it. */
  readonly flags: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  /** Values that are words, whatever else it may take. */
  readonly words?: readonly string[];
  readonly fallback?: string;
  /** What holds without it, for docs alone: where no value stands for that. */
  readonly otherwise?: string;
}

/** Those that tracing has beside its settings. */
export const VERSION_FLAG = {
  flags: "-V, --version",
  doc: "output the version number",
} as const satisfies Flag;
export const HELP_FLAG = { flags: "-h, --help", doc: "display help for command" } as const satisfies Flag;

export function flagsOf(command: CommandName): readonly Flag[] {
  return settingsIn(command).flatMap((row) => row.forms.map((form) => flagOf(row, form)));
}

function flagOf(row: SettingIn, form: FlagForm): Flag {
  const { flags, doc = row.doc } = form;
  if (!takesValue(form) || form.means !== undefined) return { flags, doc };
  const { choices, default: fallback, otherwise } = row;
  const words = choices ?? row.rule.words;
  return {
    flags,
    doc,
    ...(choices === undefined ? {} : { choices }),
    ...(words === undefined ? {} : { words }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(otherwise === undefined ? {} : { otherwise }),
  };
}

function takesValue({ flags }: FlagForm): boolean {
  return /[<[]/.test(flags);
}

export function addFlags(command: Command, name: CommandName): Command {
  for (const row of settingsIn(name))
    for (const form of row.forms) {
      const { flags, doc, choices, fallback } = flagOf(row, form);
      const option = new Option(flags, doc);
      if (row.repeats === true)
        option.argParser<readonly string[]>((value, before: readonly string[] | undefined) => [
          ...(before ?? []),
          value,
        ]);
      // Shown by the help. They are checked as all values are: readSettings().
      if (choices !== undefined) option.argChoices = [...choices];
      if (fallback !== undefined) option.default(fallback);
      command.addOption(option);
    }
  return command;
}

/** An empty one would be overlooked. */
function shownValue(text: string): string {
  return text === "" ? '""' : shownText(text);
}

/** What was given on the command line, by setting. */
export function fromFlags(command: Command, name: CommandName): GivenSettings {
  return new Map(
    settingsIn(name).flatMap((row) => {
      const given = row.forms.flatMap((form) => givenBy(command, form));
      const [first] = given;
      const last = given.at(-1);
      if (first === undefined || last === undefined) return [];
      if (row.contradiction !== undefined && first !== last)
        throw new UsageError(`${first.shown} and ${last.shown} together ${row.contradiction}`, {
          hint: "Remove one of them, or both.",
        });
      return [[row.key, row.repeats === true ? together(given, last) : last]];
    }),
  );
}

/** Several flags that add to one list. */
function together(given: readonly Given[], last: Given): Given {
  return {
    ...last,
    texts: given.flatMap(({ texts }) => texts),
    shown: given.map(({ shown }) => shown).join(" "),
  };
}

function givenBy(command: Command, form: FlagForm): readonly Given[] {
  const option = new Option(form.flags);
  const attribute = option.attributeName();
  if (command.getOptionValueSource(attribute) !== "cli") return [];
  const value: unknown = command.getOptionValue(attribute);
  // --listeners and --no-listeners are one option to commander.
  if ((value === false) !== option.negate) return [];
  const [name = form.flags] = form.flags.split(/[ ,]/);
  const words = Array.isArray(value)
    ? value.map(String)
    : [typeof value === "string" ? value : (form.means ?? "true")];
  const isBare = typeof value === "boolean";
  return [
    {
      by: "flag",
      texts: words.map((word) => `${form.prefix ?? ""}${word}`),
      shown: isBare ? name : `${name} ${words.map(shownValue).join(` ${name} `)}`,
      origin: name,
      written: (example) => `${name} ${example}`,
      isSecret: () => false,
    },
  ];
}
