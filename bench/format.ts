/**
 * What one drop costs in user space, from the record's bytes in memory to the bytes of its text. Nothing is traced: no root is needed.
 *
 *     node dist/bench/format.js [RECORDS] [ROUNDS] [NAME]...
 *
 * Each round goes over all records once; the rounds of all rows take turns, after some to warm up. M/s is the median over wall time, `CPU` that over the
 * time that the process used, which other work on the machine disturbs less, `best` the best of the latter. Text is made as bytes, a batch of them
 * in memory; the rows named "written" go through the output itself, to /dev/null, with all that is counted on the way.
 */
import { openSync } from "node:fs";
import { TextBytes } from "../src/bytes/text-bytes.ts";
import { DropDecoder } from "../src/decode/decode-drop.ts";
import { Output } from "../src/pipeline/output.ts";
import { RowOutput } from "../src/pipeline/row-output.ts";
import { Tally } from "../src/pipeline/tally.ts";
import { createSink } from "../src/sinks/registry.ts";
import { benchEnricher, dropRecords } from "./drop-records.ts";

const WARM_UP_ROUNDS = 4;
/** As the session drains: after so many the output is pumped. */
const SLICE_RECORDS = 256;
const BATCH_BYTES = 32 * 1024;
const NEVER = -1;

/** Goes over all records once; the bytes of text that came out. */
type Round = () => number;

interface Row {
  readonly name: string;
  readonly round: Round;
  readonly wallS: number[];
  readonly cpuS: number[];
  bytes: number;
}

const [count = 20_000, rounds = 9] = process.argv.slice(2, 4).map(Number);
const wanted = process.argv.slice(4);
const records = { with: dropRecords(count, true), without: dropRecords(count, false) };
const batch = new TextBytes(2 * BATCH_BYTES);
/** What must not be optimised away. */
let sum = 0;

const ROWS: readonly (readonly [string, () => Round])[] = [
  ["decode, no stack", () => decodeRound("without")],
  ["decode, stack", () => decodeRound("with")],
  ["decode+enrich, no stack", () => enrichRound("without")],
  ["decode+enrich, stack", () => enrichRound("with")],
  ["json, no stack", () => formatRound("json", "without")],
  ["json, stack", () => formatRound("json", "with")],
  ["table, no stack", () => formatRound("table", "without")],
  ["table, stack", () => formatRound("table", "with")],
  ["bcc, stack", () => formatRound("bcc", "with")],
  ["json, no stack, written", () => writtenRound("json", "without")],
  ["table, stack, written", () => writtenRound("table", "with")],
];

const rows = ROWS.filter(([name]) => wanted.length === 0 || wanted.includes(name)).map(
  ([name, make]): Row => ({ name, round: make(), wallS: [], cpuS: [], bytes: 0 }),
);
for (let round = NEVER * WARM_UP_ROUNDS; round < rounds; round += 1) for (const row of rows) measure(row, round >= 0);
process.stdout.write(`${count} records, median of ${rounds} rounds, millions a second\n`);
printRow(["", "M/s", "CPU", "best", "bytes a line"]);
for (const { name, wallS, cpuS, bytes } of rows)
  printRow([name, perSecond(median(wallS)), perSecond(median(cpuS)), perSecond(Math.min(...cpuS)), bytes === 0 ? "" : (bytes / count).toFixed(0)]);
if (sum === NEVER) process.stdout.write("\n");

function measure(row: Row, counts: boolean): void {
  const usedBefore = process.cpuUsage();
  const startedMs = performance.now();
  row.bytes = row.round();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(usedBefore);
  if (!counts) return;
  row.wallS.push(wallMs / 1e3);
  row.cpuS.push((user + system) / 1e6);
}

function decodeRound(stacks: "with" | "without"): Round {
  const { data, offsets, lengths } = records[stacks];
  const decoder = new DropDecoder(data);
  return () => {
    for (let index = 0; index < count; index += 1) sum += decoder.decode(offsets[index] ?? 0, lengths[index] ?? 0).gsoSegs;
    return 0;
  };
}

function enrichRound(stacks: "with" | "without"): Round {
  const { data, offsets, lengths } = records[stacks];
  const decoder = new DropDecoder(data);
  const enricher = benchEnricher(stacks === "with");
  return () => {
    for (let index = 0; index < count; index += 1) sum += enricher.enrich(decoder.decode(offsets[index] ?? 0, lengths[index] ?? 0)).gsoSegs;
    return 0;
  };
}

function formatRound(format: string, stacks: "with" | "without"): Round {
  const { data, offsets, lengths } = records[stacks];
  const decoder = new DropDecoder(data);
  const enricher = benchEnricher(stacks === "with");
  const sink = createSink(format, { all: false, stack: stacks === "with", colour: false, columns: undefined });
  return () => {
    let bytes = 0;
    for (let index = 0; index < count; index += 1) {
      sink.write(enricher.enrich(decoder.decode(offsets[index] ?? 0, lengths[index] ?? 0)), batch);
      if (batch.length < BATCH_BYTES && index < count - 1) continue;
      bytes += batch.length;
      batch.cutAt(0);
    }
    return bytes;
  };
}

/** What the session does with each record, but for the listening sockets. */
function writtenRound(format: string, stacks: "with" | "without"): Round {
  const { data, offsets, lengths } = records[stacks];
  const decoder = new DropDecoder(data);
  const enricher = benchEnricher(stacks === "with");
  const sink = createSink(format, { all: false, stack: stacks === "with", colour: false, columns: undefined });
  const output = new Output({ fd: openSync("/dev/null", "w"), pollWritable: () => true });
  const out = new RowOutput(output);
  const tally = new Tally();
  return () => {
    const before = output.writtenBytes;
    for (let index = 0; index < count; index += 1) {
      const event = enricher.enrich(decoder.decode(offsets[index] ?? 0, lengths[index] ?? 0));
      if (out.row(event, sink)) tally.show(event);
      if (index % SLICE_RECORDS === SLICE_RECORDS - 1) out.pump();
    }
    out.pump();
    return output.writtenBytes - before;
  };
}

function perSecond(seconds: number): string {
  return (count / seconds / 1e6).toFixed(3);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? Number.NaN;
}

function printRow([name = "", ...cells]: readonly string[]): void {
  process.stdout.write(`${name.padEnd(26)}${cells.map((cell) => cell.padStart(cell.includes("line") ? 14 : 8)).join("")}\n`);
}
