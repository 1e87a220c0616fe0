/**
 * What one drop costs in user space, from the record's bytes in memory to the bytes of its text. Nothing is
 * traced, so root is not needed.
 *
 *     node dist/bench/format.js [RECORDS] [ROUNDS] [NAME]...
 *
 * Each round processes all records once; the rounds of all rows alternate, after some to warm up. M/s is the
 * median by wall time, `CPU` by the CPU time of the process, which other work on the machine disturbs less,
 * and `best` is the best by CPU time; `garbage B` is what a record leaves on the heap, independent of the
 * machine's load. Text is built as bytes, in batches in memory; the rows named "written" go through the
 * output itself, to /dev/null, with all accounting.
 */
import { openSync } from "node:fs";
import { ByteWriter } from "../src/bytes/byte-writer.ts";
import { Output } from "../src/out/output.ts";
import { RowSink } from "../src/out/row-sink.ts";
import { Account } from "../src/run/account.ts";
import { createSink } from "../src/sinks/registry.ts";
import { benchEvents, type DropRecords, dropRecords } from "./drop-records.ts";
import { median } from "./statistics.ts";

const WARM_UP_ROUNDS = 4;
/** As the session drains: after so many the output is pumped. */
const SLICE_RECORDS = 256;
const BATCH_BYTES = 32 * 1024;
const NEVER = -1;
/** Allocation is measured as the heap's growth over so few records that collections are rare. */
const GARBAGE_RECORDS = 1000;
const WIDTHS = [8, 8, 8, 11, 14];
const GARBAGE_SAMPLES = 15;

/** Processes a range of records; returns the bytes of text. */
type Round = (from: number, to: number) => number;

interface Row {
  readonly name: string;
  readonly round: Round;
  readonly wallS: number[];
  readonly cpuS: number[];
  bytes: number;
  garbageBytes: number;
}

const [count = 20_000, rounds = 9] = process.argv.slice(2, 4).map(Number);
const wanted = process.argv.slice(4);
const WANTED = {
  with: { stacks: true },
  without: { stacks: false },
  "new flows": { stacks: false, newFlows: true },
};
type Which = keyof typeof WANTED;
const made = new Map<Which, DropRecords>();
const batch = new ByteWriter(2 * BATCH_BYTES);
/** Keeps results from being optimised away. */
let sum = 0;

const ROWS: readonly (readonly [string, () => Round])[] = [
  ["event, no stack", () => makeRound("without")],
  ["event, stack", () => makeRound("with")],
  ["json, no stack", () => formatRound("json", "without")],
  ["json, stack", () => formatRound("json", "with")],
  ["table, no stack", () => formatRound("table", "without")],
  ["table, stack", () => formatRound("table", "with")],
  ["bcc, no stack", () => formatRound("bcc", "without")],
  ["bcc, stack", () => formatRound("bcc", "with")],
  ["json, new flows", () => formatRound("json", "new flows")],
  ["table, new flows", () => formatRound("table", "new flows")],
  ["json, no stack, written", () => writtenRound("json", "without")],
  ["table, stack, written", () => writtenRound("table", "with")],
];

const rows = ROWS.filter(([name]) => wanted.length === 0 || wanted.includes(name)).map(
  ([name, make]): Row => ({ name, round: make(), wallS: [], cpuS: [], bytes: 0, garbageBytes: 0 }),
);
for (let round = NEVER * WARM_UP_ROUNDS; round < rounds; round += 1)
  for (const row of rows) measure(row, round >= 0);
for (const row of rows) row.garbageBytes = garbage(row);
process.stdout.write(`${count} records, median of ${rounds} rounds, millions a second\n`);
printRow(["", "M/s", "CPU", "best", "garbage B", "bytes a line"]);
for (const { name, wallS, cpuS, bytes, garbageBytes } of rows)
  printRow([
    name,
    perSecond(median(wallS)),
    perSecond(median(cpuS)),
    perSecond(Math.min(...cpuS)),
    garbageBytes.toFixed(0),
    bytes === 0 ? "" : (bytes / count).toFixed(0),
  ]);
if (sum === NEVER) process.stdout.write("\n");

function measure(row: Row, counts: boolean): void {
  const usedBefore = process.cpuUsage();
  const startedMs = performance.now();
  row.bytes = row.round(0, count);
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(usedBefore);
  if (!counts) return;
  row.wallS.push(wallMs / 1e3);
  row.cpuS.push((user + system) / 1e6);
}

/** Bytes of garbage a record. */
function garbage({ round }: Row): number {
  const length = Math.min(count, GARBAGE_RECORDS);
  const samples = Array.from({ length: GARBAGE_SAMPLES }, (_unused, sample) => {
    // Others each time: flows that are new are new in every sample.
    const from = (sample * length) % (count - length + 1);
    const before = process.memoryUsage().heapUsed;
    round(from, from + length);
    return (process.memoryUsage().heapUsed - before) / length;
  });
  return median(samples);
}

function makeRound(which: Which): Round {
  const records = recordsOf(which);
  const { offsets, lengths } = records;
  const events = benchEvents(records, which === "with");
  return (from, to) => {
    for (let index = from; index < to; index += 1)
      sum += events.make(offsets[index] ?? 0, lengths[index] ?? 0, index).packet.gsoSegs;
    return 0;
  };
}

function formatRound(format: string, which: Which): Round {
  const records = recordsOf(which);
  const { offsets, lengths } = records;
  const events = benchEvents(records, which === "with");
  const sink = createSink(format, {
    all: false,
    stack: which === "with",
    colour: false,
    columns: undefined,
  });
  return (from, to) => {
    let bytes = 0;
    for (let index = from; index < to; index += 1) {
      sink.write(events.make(offsets[index] ?? 0, lengths[index] ?? 0, index), batch);
      if (batch.length < BATCH_BYTES && index < to - 1) continue;
      bytes += batch.length;
      batch.cutAt(0);
    }
    return bytes;
  };
}

/** What a run does with each record, without the listening sockets. */
function writtenRound(format: string, which: Which): Round {
  const records = recordsOf(which);
  const { offsets, lengths } = records;
  const events = benchEvents(records, which === "with");
  const sink = createSink(format, {
    all: false,
    stack: which === "with",
    colour: false,
    columns: undefined,
  });
  const output = new Output({ fd: openSync("/dev/null", "w"), pollWritable: () => true });
  const out = new RowSink({ name: "/dev/null", pace: "blocking", formatter: sink, output });
  const account = new Account();
  return (from, to) => {
    const before = output.writtenBytes;
    for (let index = from; index < to; index += 1) {
      const event = events.make(offsets[index] ?? 0, lengths[index] ?? 0, index);
      if (out.take(event)) account.take(event);
      if (index % SLICE_RECORDS === SLICE_RECORDS - 1) out.flush();
    }
    out.flush();
    return output.writtenBytes - before;
  };
}

function recordsOf(which: Which): DropRecords {
  const records = made.get(which) ?? dropRecords(count, WANTED[which]);
  made.set(which, records);
  return records;
}

function perSecond(seconds: number): string {
  return (count / seconds / 1e6).toFixed(3);
}

function printRow([name = "", ...cells]: readonly string[]): void {
  process.stdout.write(
    `${name.padEnd(26)}${cells.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0)).join("")}\n`,
  );
}
