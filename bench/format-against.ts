/**
 * What one drop costs in user space, against another checkout of this repository that is built: both are
 * measured by their own bench/format.ts, in turns, so that what else the machine does meets both.
 *
 *     node dist/bench/format-against.js CHECKOUT [TURNS] [RECORDS] [ROUNDS]
 *
 * For each row, `-` where that checkout has none: the median of the ratios of the turns (above 1 is faster than there), by the best
 * CPU time of each, which what else runs disturbs least; their least and greatest; and the bytes that a record
 * leaves on the heap, and those of a line, here and there. Lines that differ much in length say that the
 * records of the two do not hold the same, and then the ratio means nothing.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { formatNumber, median } from "./statistics.ts";

const OWN = fileURLToPath(new URL("format.js", import.meta.url));
const NAME_WIDTH = 26;
/** Columns of format.ts behind the name: M/s, CPU, best, garbage, bytes a line. */
const BEST = 2;
const GARBAGE = 3;
const LINE = 4;

/** Each is measured in a process of its own, as a trace has one format. */
const NAMES = [
  "json, no stack",
  "json, stack",
  "table, no stack",
  "table, stack",
  "bcc, no stack",
  "bcc, stack",
  "json, new flows",
  "table, new flows",
  "json, no stack, written",
  "table, stack, written",
];

const [checkout, turns = "5", records = "20000", rounds = "7"] = process.argv.slice(2);
if (checkout === undefined) {
  process.stderr.write("Usage: node dist/bench/format-against.js CHECKOUT [TURNS] [RECORDS] [ROUNDS]\n");
  process.exit(2);
}
const THERE = `${checkout}/dist/bench/format.js`;

printRow("", ["ratio", "least", "greatest", "garbage B", "there", "line B", "there"]);
for (const name of NAMES) {
  const pairs = Array.from({ length: Number(turns) }, () => ({
    there: measure(THERE, name),
    here: measure(OWN, name),
  }));
  const ratios = pairs.map(({ here, there }) => here.speed / there.speed);
  printRow(name, [
    formatNumber(median(ratios), 2),
    formatNumber(Math.min(...ratios), 2),
    formatNumber(Math.max(...ratios), 2),
    formatNumber(median(pairs.map(({ here }) => here.garbage))),
    formatNumber(median(pairs.map(({ there }) => there.garbage))),
    formatNumber(median(pairs.map(({ here }) => here.line))),
    formatNumber(median(pairs.map(({ there }) => there.line))),
  ]);
}

interface Measured {
  readonly speed: number;
  readonly garbage: number;
  readonly line: number;
}

function measure(script: string, name: string): Measured {
  const text = execFileSync(process.execPath, [script, records, rounds, name], { encoding: "utf8" });
  const line = text.split("\n").find((one) => one.startsWith(name)) ?? "";
  const cells = line.slice(NAME_WIDTH).trim().split(/\s+/).map(Number);
  return {
    speed: cells[BEST] ?? Number.NaN,
    garbage: cells[GARBAGE] ?? Number.NaN,
    line: cells[LINE] ?? Number.NaN,
  };
}

function printRow(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(11)).join("")}\n`);
}
