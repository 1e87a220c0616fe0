/**
 * What one drop costs in user space, against another checkout of this repository that is built: both are
 * measured by their own bench/format.ts, in turns, so that what else the machine does meets both.
 *
 *     node dist/bench/format-against.js CHECKOUT [TURNS] [RECORDS] [ROUNDS]
 *
 * For each row that both have: the median of the ratios of the turns (above 1 is faster than there), by CPU
 * time, their least and greatest, and the bytes that a record leaves on the heap, here and there.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.ts";

const OWN = fileURLToPath(new URL("format.js", import.meta.url));
const NAME_WIDTH = 26;
/** Columns of format.ts behind the name: M/s, CPU, best, garbage. */
const CPU = 1;
const GARBAGE = 3;

type Row = readonly number[];

const [checkout, turns = "5", records = "20000", rounds = "5"] = process.argv.slice(2);
if (checkout === undefined) {
  process.stderr.write("Usage: node dist/bench/format-against.js CHECKOUT [TURNS] [RECORDS] [ROUNDS]\n");
  process.exit(2);
}

const there: ReadonlyMap<string, Row>[] = [];
const here: ReadonlyMap<string, Row>[] = [];
for (let turn = 0; turn < Number(turns); turn += 1) {
  there.push(measure(`${checkout}/dist/bench/format.js`));
  here.push(measure(OWN));
}
printRow("", ["ratio", "least", "greatest", "garbage B", "there"]);
for (const name of here[0]?.keys() ?? []) {
  const pairs = here.flatMap((own, turn) => {
    const [mine, other] = [own.get(name), there[turn]?.get(name)];
    return mine === undefined || other === undefined ? [] : [{ mine, other }];
  });
  if (pairs.length === 0) continue;
  const ratios = pairs.map(({ mine, other }) => (mine[CPU] ?? 0) / (other[CPU] ?? Number.NaN));
  const garbage = (rows: readonly Row[]): string => median(rows.map((row) => row[GARBAGE] ?? 0)).toFixed(0);
  printRow(name, [
    median(ratios).toFixed(2),
    Math.min(...ratios).toFixed(2),
    Math.max(...ratios).toFixed(2),
    garbage(pairs.map(({ mine }) => mine)),
    garbage(pairs.map(({ other }) => other)),
  ]);
}

function measure(script: string): ReadonlyMap<string, Row> {
  const text = execFileSync(process.execPath, [script, records, rounds], { encoding: "utf8" });
  return new Map(
    text
      .split("\n")
      .slice(2)
      .filter((line) => line !== "")
      .map((line) => [
        line.slice(0, NAME_WIDTH).trim(),
        line.slice(NAME_WIDTH).trim().split(/\s+/).map(Number),
      ]),
  );
}

function printRow(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(11)).join("")}\n`);
}
