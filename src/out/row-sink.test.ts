/** Rows on a real pipe, whose reader stalls and comes back. */
import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { describe, test } from "node:test";
import type { ByteWriter } from "../bytes/byte-writer.ts";
import { dropLike } from "../run/events.test.kit.ts";
import { makeSink } from "../sinks/sink.ts";
import { Output } from "./output.ts";
import { drain, openPipe, pollWritable } from "./pipe.test.kit.ts";
import { RowSink } from "./row-sink.ts";

const ROW_BYTES = 700;
const ROWS = 1000;
const SUMMARY = "summary\n";

/** Distinguished by their segments. */
const formatter = makeSink("rows", "", (event, out: ByteWriter): void => {
  if (event.kind === "drop") out.text(`${String(event.packet.gsoSegs).padEnd(ROW_BYTES - 1, ".")}\n`);
});
const sinkOn = (output: Output): RowSink =>
  new RowSink({ name: "rows", pace: "blocking", formatter, output });
const rows = (text: string): number[] => [...text.matchAll(/^(\d+)\.+\n/gm)].map(([, seq]) => Number(seq));

/** Rows that do not fit into the pipe, given up; what is counted as shown then. */
async function stalled(fd: number): Promise<{ output: Output; out: RowSink; shown: number[] }> {
  const output = new Output({ fd, pollWritable });
  const out = sinkOn(output);
  for (let seq = 0; seq < ROWS; seq += 1) assert.equal(out.take(dropLike({ gsoSegs: seq })), true);
  const unread = new Set((await out.settle(20)).map(({ segments }) => segments));
  assert.ok(unread.size > 0 && unread.size < ROWS, `${unread.size} of ${ROWS}`);
  return {
    output,
    out,
    shown: Array.from({ length: ROWS }, (_unused, seq) => seq).filter((seq) => !unread.has(seq)),
  };
}

describe("RowSink", () => {
  test("a reader that comes back finds the rows that count as shown, all whole, and the summary after them", async () => {
    using pipe = openPipe();
    const { output, out, shown } = await stalled(pipe.writeFd);
    using _output = output;
    out.append(SUMMARY);
    const read = drain(pipe.readFd);
    assert.deepEqual(await out.close(1000), []);
    const text = read + drain(pipe.readFd);
    assert.deepEqual(rows(text), shown);
    assert.equal(text.length, shown.length * ROW_BYTES + SUMMARY.length);
    assert.equal(out.notTakenBytes, (ROWS - shown.length) * ROW_BYTES);
  });

  test("where it does not come back, the row that is cut in the middle is given back", async () => {
    using pipe = openPipe();
    const { output, out, shown } = await stalled(pipe.writeFd);
    using _output = output;
    out.append(SUMMARY);
    const cut = await out.close(20);
    const text = drain(pipe.readFd);
    const whole = Math.floor(text.length / ROW_BYTES);
    assert.equal(
      text.length % ROW_BYTES === 0,
      cut.length === 0,
      "a pipe's pages hold no whole number of rows",
    );
    assert.deepEqual([...rows(text), ...cut.map(({ segments }) => segments)], shown);
    assert.equal(whole + cut.length, shown.length);
    assert.equal(out.notTakenBytes, ROWS * ROW_BYTES + SUMMARY.length - text.length);
  });

  test("a file takes everything", async () => {
    const fd = openSync("/dev/null", constants.O_WRONLY);
    using output = new Output({ fd, pollWritable: () => true });
    const out = sinkOn(output);
    for (let seq = 0; seq < ROWS; seq += 1) out.take(dropLike({ gsoSegs: seq }));
    assert.deepEqual(await out.settle(1000), []);
    assert.equal(output.writtenBytes, ROWS * ROW_BYTES);
    assert.equal(out.notTakenBytes, 0);
    closeSync(fd);
  });

  test("a row that could not be formatted to its end leaves nothing behind", async () => {
    using pipe = openPipe();
    using output = new Output({ fd: pipe.writeFd, pollWritable });
    const broken = makeSink("rows", "", (event, out: ByteWriter): void => {
      out.text("half ");
      if (event.kind === "drop" && event.packet.gsoSegs === 2) throw new Error("the formatter broke");
      out.text("whole\n");
    });
    const out = new RowSink({ name: "rows", pace: "blocking", formatter: broken, output });
    out.take(dropLike({ gsoSegs: 1 }));
    assert.throws(() => out.take(dropLike({ gsoSegs: 2 })), /broke/);
    out.take(dropLike({ gsoSegs: 3 }));
    assert.deepEqual(await out.settle(1000), []);
    assert.equal(drain(pipe.readFd), "half whole\nhalf whole\n");
  });
});
