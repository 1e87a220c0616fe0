/** `tcpdrop explain [REASON]`: what a drop reason means and what to do; without a reason, the list. */

import { EXIT, UsageError } from "../../errors.ts";
import { nearest } from "../../filter-language/index.ts";
import { LISTEN, REASONS, type ReasonRow } from "../../reasons/index.ts";
import { print } from "../print.ts";

const KNOWN = REASONS.map((row) => row.name);

export function runExplain(reason: string | undefined): number {
  if (reason === undefined) {
    for (const row of REASONS) print(`${row.name.padEnd(26)} ${row.class.padEnd(9)} ${row.meaning}\n`);
    return EXIT.done;
  }
  const name = reason.toUpperCase().replace(/^SKB_DROP_REASON_/, "");
  const found = REASONS.filter((row) => row.name === name);
  if (found.length === 0)
    throw new UsageError(`Unknown drop reason ${JSON.stringify(reason)}`, {
      hint: `Did you mean ${nearest(name, KNOWN).join(", ")}? tcpdrop explain lists all of them.`,
    });
  print(found.map(formatRow).join("\n"));
  return EXIT.done;
}

function formatRow(row: ReasonRow): string {
  const lines = [
    headline(row),
    `  ${row.meaning}`,
    `  what to do: ${row.advice}`,
    `  given in:   ${row.place}`,
  ];
  if (row.counter !== undefined) lines.push(`  counter:    ${row.counter} (nstat -az ${row.counter})`);
  return `${lines.join("\n")}\n`;
}

function headline({ name, subsystem, class: dropClass }: ReasonRow): string {
  if (subsystem === LISTEN)
    return `${name}: ${dropClass}; known from counters, not a drop reason of the kernel`;
  return `${name}${subsystem === "CORE" ? "" : ` (${subsystem})`}: ${dropClass}`;
}
