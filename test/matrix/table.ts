/** The table of docs/compatibility.md: what the guests of one run reported. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTextBetween } from "../../tools/marked-text.ts";
import type { KernelRow } from "./kernels.ts";
import type { Outcome } from "./report.ts";

export interface Result {
  readonly row: KernelRow;
  readonly good: boolean;
  /** Absent if the kernel was unavailable; then `why` has the reason. */
  readonly release?: string;
  readonly why?: string;
  readonly tookS?: number;
  readonly outcome?: Outcome;
}

const PAGE = join(import.meta.dirname, "../../../docs/compatibility.md");
const [BEGIN, END] = ["<!-- matrix:begin -->", "<!-- matrix:end -->"];

/** Replaces the table between the marks; the newest kernel first. */
export function writeTable(results: readonly Result[]): void {
  writeFileSync(
    PAGE,
    withTextBetween(readFileSync(PAGE, "utf8"), BEGIN, END, `\n\n${renderTable(results)}\n`),
  );
}

export function renderTable(results: readonly Result[]): string {
  const newestFirst = results.toSorted((a, b) =>
    releaseOf(b).localeCompare(releaseOf(a), "en", { numeric: true }),
  );
  return [
    "| kernel | result | passed | failed | skipped | what is missing there |",
    "|---|---|---|---|---|---|",
    ...newestFirst.map(renderRow),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function releaseOf({ row, release = row.version }: Result): string {
  return release;
}

function renderRow(result: Result): string {
  const { row, good, why, outcome } = result;
  if (outcome === undefined) return `| ${row.version} | could not be had: ${cell(why ?? "")} | | | | |`;
  const { passed, failed, skipped, missing } = outcome;
  return `| ${releaseOf(result)} | ${good ? "passed" : "**failed**"} | ${passed} | ${failed.length} | ${skipped.length} | ${cell(missing.join("; ")) || "nothing"} |`;
}

/** On one line, without anything that ends a cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
}
