/** The tables of docs/usage.md, from those of flags.ts; tools/render-fields.ts writes them. */

import { writtenInFile } from "../../src/cli/config-file.ts";
import { type Flag, flagsOf, HELP_FLAG, VERSION_FLAG } from "../../src/cli/flags.ts";
import { KEYS } from "../../src/cli/settings.ts";
import { environmentName, SETTINGS, type Setting } from "../../src/settings/table.ts";
import { markdownTable } from "./field-docs.ts";

/** By the name of the marker in the page. */
export function flagTables(): ReadonlyMap<string, string> {
  return new Map([
    ["options", flagTable([...flagsOf("trace"), VERSION_FLAG, HELP_FLAG])],
    ["options of demo", flagTable(flagsOf("demo"))],
    ["options of doctor", flagTable(flagsOf("doctor"))],
    ["options of reconcile", flagTable(flagsOf("reconcile"))],
    ["options of explain", flagTable(flagsOf("explain"))],
    ["settings", settingTable()],
  ]);
}

function flagTable(flags: readonly Flag[]): string {
  return markdownTable(
    ["option", "what it does", "default"],
    flags.map(({ flags: names, doc, choices, fallback, otherwise }) => [
      `\`${names}\``,
      choices === undefined ? doc : `${doc}: ${choices.map((choice) => `\`${choice}\``).join(", ")}`,
      fallback === undefined ? (otherwise ?? "") : `\`${fallback}\``,
    ]),
  );
}

/** Settings of the environment and of a configuration file. */
function settingTable(): string {
  return markdownTable(
    ["in the file", "in the environment", "option"],
    KEYS.map((key) => {
      const { rule, forms }: Setting = SETTINGS[key];
      return [
        `\`${writtenInFile(key, rule.example)}\``,
        `\`${environmentName(key)}\``,
        forms.map(({ flags }) => `\`${flags.split(/ [<[]/)[0]}\``).join(", "),
      ];
    }),
  );
}
