/** How soon a drop can be read: a single drop, and one of a steady few. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { median } from "../../bench/statistics.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { FloodProcess } from "../lab/flood-process.ts";
import { patient } from "../patience.ts";

const LIMIT = { timeout: patient(60_000) };
/** For the median: on a busy machine, a process may be without a CPU for longer. */
const ALONE_MS = patient(20);
/** The longest pause between two polls, plus the time of a single drop. */
const AMONG_OTHERS_MS = patient(80 + 20);

/** From the time of a drop, which is the kernel's, to reading its row, in whole milliseconds. */
async function delays(count: number, perSecond: number): Promise<readonly number[]> {
  using hosts = new Hosts(libcSyscalls);
  await using flood = await FloodProcess.start(hosts, { count, perSecond });
  await using command = new RunningCommand(["--format", "json", "--netns", String(hosts.server.inode)]);
  await command.attached();
  const delaysMs: number[] = [];
  let tail = "";
  command.process.stdout?.on("data", (bytes: Buffer) => {
    const lines = (tail + bytes.toString()).split("\n");
    tail = lines.pop() ?? "";
    for (const line of lines)
      delaysMs.push(Date.now() - Date.parse((JSON.parse(line) as { time: string }).time));
  });
  flood.go();
  await flood.done();
  await waitFor(() => (delaysMs.length === count ? true : undefined), "The last row");
  return delaysMs;
}

function demandMedian(t: TestContext, delaysMs: readonly number[], limitMs: number): void {
  t.diagnostic(
    `${delaysMs.length} drops: read after ${median(delaysMs)} ms, the median; at most ${Math.max(...delaysMs)} ms`,
  );
  assert(median(delaysMs) < limitMs, `read after ${median(delaysMs)} ms, the median`);
}

test("a single drop can be read within 20 ms", LIMIT, async (t) => {
  demandMedian(t, await delays(15, 10), ALONE_MS);
});

test("one of a steady few can be read after the next poll", LIMIT, async (t) => {
  // The first second is the start's: the trace learns of the machine, and Node compiles.
  demandMedian(t, (await delays(600, 300)).slice(300), AMONG_OTHERS_MS);
});
