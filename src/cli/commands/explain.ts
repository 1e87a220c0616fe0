/**
 * `tcpdrop explain [REASON ...]`: what drop reasons mean, with the variants of each, and what to do; without a
 * reason, the list.
 */
import { openKernelBtf } from "../../btf/index.ts";
import { ReasonNames } from "../../enrich/reason-names.ts";
import { EXIT, TcpdropError, UsageError } from "../../errors.ts";
import { nearest } from "../../filter-language/index.ts";
import {
  conditionWords,
  LISTEN,
  REASONS,
  type ReasonRow,
  VARIANTS,
  type Variant,
  type VariantRow,
  variantOfReason,
} from "../../reasons/index.ts";
import { print } from "../print.ts";
import type { Settings } from "../settings.ts";

const KNOWN = REASONS.map((row) => row.name);

/** Variants that any reason may be of: they are explained beside none. */
const ofEveryReason = VARIANTS.filter(({ reasons }) => reasons === undefined);

export function runExplain(wanted: readonly string[], { values }: Settings<"explain">): number {
  const rows = wanted.length === 0 ? REASONS : [...new Set(wanted.flatMap(rowsOf))];
  if (values.format === "json") for (const row of rows) print(`${JSON.stringify(jsonOf(row))}\n`);
  else if (wanted.length === 0)
    for (const row of rows) print(`${row.name.padEnd(26)} ${row.class.padEnd(9)} ${row.meaning}\n`);
  else print(rows.map(formatRow).join("\n"));
  return EXIT.done;
}

/** The rows of a name, a variant's id, or a number of this kernel. */
function rowsOf(wanted: string): readonly ReasonRow[] {
  if (/^(\d+|0x[0-9a-f]+)$/i.test(wanted)) return rowsOfCode(wanted);
  const name = wanted
    .toUpperCase()
    .replace(/^SKB_DROP_REASON_/, "")
    .replace(/\/.*/, "")
    .replaceAll("-", "_");
  const found = REASONS.filter((row) => row.name === name || row.subsystem === name);
  if (name === "" || found.length === 0)
    throw new UsageError(`Unknown drop reason ${JSON.stringify(wanted)}`, {
      hint: `${meantText(name)}tcpdrop explain lists all of them.`,
    });
  return found;
}

/** "Did you mean NO_SOCKET? ", or nothing where no name is near. */
function meantText(name: string): string {
  const near = name === "" ? [] : nearest(name, KNOWN);
  return near.length === 0 ? "" : `Did you mean ${near.join(", ")}? `;
}

function rowsOfCode(wanted: string): readonly ReasonRow[] {
  const code = Number(wanted);
  const names = namesHere();
  if (names === undefined)
    throw new UsageError(`Unknown drop reason ${wanted}: this kernel gives no names to numbers`, {
      hint: "Numbers differ between kernels: give the name.",
    });
  const { name, subsystem } = names.decode(code);
  const found = REASONS.filter((row) => row.name === name && row.subsystem === subsystem);
  if (found.length > 0) return found;
  const what =
    name === undefined ? "this kernel has no reason of this number" : `${name} is new to this build`;
  throw new UsageError(`Unknown drop reason ${wanted}: ${what}`, {
    hint: `This kernel has ${Math.min(...names.core.keys())} to ${Math.max(...names.core.keys())}, and those of subsystems above 65535.`,
  });
}

/** Undefined where this kernel has no names, or nobody may read them. */
function namesHere(): ReasonNames | undefined {
  try {
    const names = ReasonNames.of(openKernelBtf());
    return names.known ? names : undefined;
  } catch (failure) {
    if (failure instanceof TcpdropError) return undefined;
    throw failure;
  }
}

function variantsOf({ name, subsystem }: ReasonRow): readonly VariantRow[] {
  return subsystem === "CORE" ? VARIANTS.filter(({ reasons }) => reasons?.includes(name)) : [];
}

function formatRow(row: ReasonRow): string {
  const lines = [headline(row), ...factsOf(row, "  ")];
  const variants = variantsOf(row);
  if (variants.length > 0) lines.push("", "  variants; the first whose conditions hold:");
  for (const variant of variants)
    lines.push("", `  ${variant.id}: ${variant.class}`, ...whenOf(variant), ...factsOf(variant, "    "));
  return `${lines.join("\n")}\n`;
}

function factsOf(
  {
    meaning,
    advice,
    kernelSource,
    counter,
  }: Pick<Variant, "meaning" | "advice" | "kernelSource" | "counter">,
  indent: string,
): readonly string[] {
  const lines = [meaning, `what to do: ${advice}`, `given in:   ${kernelSource}`];
  if (counter !== undefined) lines.push(`counter:    ${counter} (nstat -az ${counter})`);
  return lines.map((line) => indent + line);
}

function whenOf(variant: VariantRow): readonly string[] {
  const { symbols } = variant;
  const parts = [
    ...(symbols === undefined ? [] : [`dropped in ${symbols.join(" or ")}`]),
    ...conditionWords(variant),
  ];
  return parts.length === 0 ? [] : [`    when:       ${parts.join("; ")}`];
}

function headline({ name, subsystem, class: dropClass }: ReasonRow): string {
  if (subsystem === LISTEN)
    return `${name}: ${dropClass}; known from counters, not a drop reason of the kernel`;
  return `${name}${subsystem === "CORE" ? "" : ` (${subsystem})`}: ${dropClass}`;
}

/** As docs/usage.md has it. */
function jsonOf(row: ReasonRow): object {
  const { name, subsystem, since } = row;
  return {
    type: "reason",
    reason: name,
    reason_subsystem: subsystem,
    ...jsonOfVariant(variantOfReason(row)),
    since,
    variants: [...variantsOf(row), ...(subsystem === LISTEN ? [] : ofEveryReason)].map((variant) => ({
      ...jsonOfVariant(variant),
      location: variant.symbols,
      when: conditionWords(variant),
    })),
  };
}

function jsonOfVariant({ id, class: dropClass, meaning, advice, kernelSource, counter }: Variant): object {
  return { variant: id, class: dropClass, meaning, advice, given_in: kernelSource, counter };
}
