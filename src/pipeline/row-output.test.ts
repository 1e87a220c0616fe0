/** Rows on a real pipe, whose reader stalls and comes back. */
import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { describe, test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import type { TextBytes } from "../bytes/text-bytes.ts";
import type { DropEvent } from "../model/index.ts";
import { Output } from "./output.ts";
import { drain, openPipe, pollWritable } from "./pipe.test.kit.ts";
import { RowOutput } from "./row-output.ts";

const ROW_BYTES = 700;
const ROWS = 1000;
const SUMMARY = "summary\n";

const drop = (seq: number): DropEvent => dropWith(fullDrop, { gsoSegs: seq });
const writer = {
  write: ({ packet }: DropEvent, out: TextBytes): void =>
    out.text(`${String(packet.gsoSegs).padEnd(ROW_BYTES - 1, ".")}\n`),
};
const rows = (text: string): number[] => [...text.matchAll(/^(\d+)\.+\n/gm)].map(([, seq]) => Number(seq));

/** Rows that do not fit into the pipe, given up; what is counted as shown then. */
async function stalled(fd: number): Promise<{ output: Output; out: RowOutput; shown: number[] }> {
  const output = new Output({ fd, pollWritable });
  const out = new RowOutput(output);
  for (let seq = 0; seq < ROWS; seq += 1) assert.equal(out.row(drop(seq), writer), true);
  const unread = new Set((await out.giveUpAfter(20)).map(({ gsoSegs }) => gsoSegs));
  assert.ok(unread.size > 0 && unread.size < ROWS, `${unread.size} of ${ROWS}`);
  return {
    output,
    out,
    shown: Array.from({ length: ROWS }, (_unused, seq) => seq).filter((seq) => !unread.has(seq)),
  };
}

describe("RowOutput", () => {
  test("a reader that comes back finds the rows that count as shown, all whole, and the summary after them", async () => {
    using pipe = openPipe();
    const { output, out, shown } = await stalled(pipe.writeFd);
    using _output = output;
    out.append(SUMMARY);
    const read = drain(pipe.readFd);
    assert.deepEqual(await out.finish(1000), []);
    const text = read + drain(pipe.readFd);
    assert.deepEqual(rows(text), shown);
    assert.equal(text.length, shown.length * ROW_BYTES + SUMMARY.length);
    assert.equal(out.notTakenBytes, (ROWS - shown.length) * ROW_BYTES);
  });

  test("where it does not come back, the row that is cut in the middle is told", async () => {
    using pipe = openPipe();
    const { output, out, shown } = await stalled(pipe.writeFd);
    using _output = output;
    out.append(SUMMARY);
    const cut = await out.finish(20);
    const text = drain(pipe.readFd);
    const whole = Math.floor(text.length / ROW_BYTES);
    assert.equal(
      text.length % ROW_BYTES === 0,
      cut.length === 0,
      "a pipe's pages hold no whole number of rows",
    );
    assert.deepEqual([...rows(text), ...cut.map(({ gsoSegs }) => gsoSegs)], shown);
    assert.equal(whole + cut.length, shown.length);
    assert.equal(out.notTakenBytes, ROWS * ROW_BYTES + SUMMARY.length - text.length);
  });

  test("a file takes everything", async () => {
    const fd = openSync("/dev/null", constants.O_WRONLY);
    using output = new Output({ fd, pollWritable: () => true });
    const out = new RowOutput(output);
    for (let seq = 0; seq < ROWS; seq += 1) out.row(drop(seq), writer);
    assert.deepEqual(await out.giveUpAfter(1000), []);
    assert.equal(output.writtenBytes, ROWS * ROW_BYTES);
    assert.equal(out.notTakenBytes, 0);
    closeSync(fd);
  });
});
