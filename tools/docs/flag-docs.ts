/** The tables of docs/usage.md, from those of flags.ts; tools/render-fields.ts writes them. */

import {
  DEMO_FLAGS,
  DOCTOR_FLAGS,
  type Flag,
  HELP_FLAG,
  RECONCILE_FLAGS,
  TRACE_FLAGS,
  VERSION_FLAG,
} from "../../src/cli/flags.ts";
import { markdownTable } from "./field-docs.ts";

/** By the name of the marker in the page. */
export function flagTables(): ReadonlyMap<string, string> {
  return new Map([
    ["options", flagTable([...TRACE_FLAGS, VERSION_FLAG, HELP_FLAG])],
    ["options of demo", flagTable(DEMO_FLAGS)],
    ["options of doctor", flagTable(DOCTOR_FLAGS)],
    ["options of reconcile", flagTable(RECONCILE_FLAGS)],
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
