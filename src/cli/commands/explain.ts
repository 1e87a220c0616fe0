/** `tcpdrop explain [REASON]`: what a reason means and what to do; without one, the list. */

import { EXIT, UsageError } from "../../errors.ts";
import { REASONS, type ReasonRow } from "../../reasons/index.ts";
import { REFUSED_CAUSES, type RefusedCauseRow } from "../../reasons/refused-causes.ts";
import { print } from "../print.ts";

export function runExplain(reason: string | undefined): number {
  if (reason === undefined) {
    for (const row of REASONS) print(`${row.name.padEnd(26)} ${row.class.padEnd(9)} ${row.meaning}\n`);
    for (const row of REFUSED_CAUSES) print(`${row.cause.padEnd(26)} ${"loss".padEnd(9)} ${row.meaning}\n`);
    return EXIT.done;
  }
  const name = reason.toUpperCase().replace(/^SKB_DROP_REASON_/, "");
  const cause = REFUSED_CAUSES.find((row) => row.cause === name);
  if (cause !== undefined) {
    print(formatCause(cause));
    return EXIT.done;
  }
  const found = REASONS.filter((row) => row.name === name);
  if (found.length === 0)
    throw new UsageError(`The reason ${JSON.stringify(reason)} is not known`, { hint: `The nearest: ${nearest(name).join(", ")}. The list: tcpdrop explain` });
  print(found.map(formatRow).join("\n"));
  return EXIT.done;
}

function formatRow(row: ReasonRow): string {
  const lines = [
    `${row.name}${row.subsystem === "CORE" ? "" : ` (${row.subsystem})`}: ${row.class}`,
    `  ${row.meaning}`,
    `  what to do: ${row.advice}`,
    `  given in:   ${row.place}`,
  ];
  if (row.counter !== undefined) lines.push(`  counter:    ${row.counter} (nstat -az ${row.counter})`);
  return `${lines.join("\n")}\n`;
}

function formatCause({ cause, meaning, advice, place, counter }: RefusedCauseRow): string {
  return `${cause}: loss; told by counters, and no drop reason of the kernel
  ${meaning}
  what to do: ${advice}
  given in:   ${place}
  counter:    ${counter} (nstat -az ${counter})
`;
}

function nearest(name: string): readonly string[] {
  return [...REASONS.map((row) => row.name), ...REFUSED_CAUSES.map((row) => row.cause)]
    .map((known) => ({ name: known, distance: editDistance(name, known) - (known.includes(name) ? 100 : 0) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map((row) => row.name);
}

/** Levenshtein. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_unused, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j += 1)
      current.push(Math.min((previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1, (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1)));
    previous = current;
  }
  return previous[b.length] ?? 0;
}
