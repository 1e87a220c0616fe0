/**
 * A long storm, and a reader that stalls in the middle: memory stays flat, loss is told exactly, and rows flow again at once.
 *
 *     node dist/bench/soak.js [SECONDS] [--rate PER_SECOND] [--stall SECONDS] [--format table|json] [--stacks POLICY]
 *
 * Needs root. The tracer writes to a pipe that this process reads and counts.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FloodProcess } from "../src/lab/flood-process.ts";
import { Hosts } from "../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { processUsage } from "./process.ts";

const IDENTITY = /seen (\d+) = shown (\d+).* \+ hidden (\d+) .* \+ filtered (\d+) \+ limited (\d+) \+ unread (\d+) \+ lost (\d+) \+ undecodable (\d+)/;
const SAMPLE_MS = 5000;
const NEWLINE = 10;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: "string", default: "200000" },
    stall: { type: "string", default: "30" },
    format: { type: "string", default: "json" },
    stacks: { type: "string", default: "auto" },
  },
});
const seconds = Number(positionals[0] ?? 600);
const stallMs = Number(flags.stall) * 1000;
const perSecond = Number(flags.rate);

using hosts = new Hosts(sys);
await using flood = await FloodProcess.start(hosts, { count: perSecond * seconds, perSecond, sourcePorts: 64, limitMs: (seconds + 60) * 1000 });
const command = [
  join(import.meta.dirname, "../bin/cli/main.cjs"),
  "--netns",
  String(hosts.server.inode),
  "--format",
  flags.format,
  "--stacks",
  flags.stacks,
  "--stats",
];
const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
const ended = new Promise((resolve) => child.once("exit", resolve));
let words = "";
let rows = 0;
child.stderr.on("data", (chunk) => {
  words += String(chunk);
});
child.stdout.on("data", (chunk: Buffer) => {
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) rows += 1;
});
try {
  while (!words.includes("Tracing")) await sleep(10);
  const rss: number[] = [];
  const timer = setInterval(() => rss.push(processUsage(child.pid ?? 0).rssMb), SAMPLE_MS);
  flood.go();
  const stall = stalled();
  const { sent, tookMs } = await flood.done();
  const recoveredMs = await stall;
  clearInterval(timer);
  const usage = processUsage(child.pid ?? 0);
  child.kill("SIGINT");
  await ended;
  report(sent, tookMs, rss, usage.peakMb, usage.cpuS, recoveredMs);
} finally {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await ended;
}

/** Stops reading in the middle; how long it took from reading again to the next row. */
async function stalled(): Promise<number> {
  await sleep((seconds * 1000 - stallMs) / 2);
  child.stdout.pause();
  await sleep(stallMs);
  // What was in the pipe and the output's buffer does not count: those rows are old.
  const before = rows;
  const startedMs = performance.now();
  child.stdout.resume();
  const old = 100_000;
  while (rows < before + old && performance.now() - startedMs < 60_000) await sleep(5);
  return performance.now() - startedMs;
}

function report(sent: number, tookMs: number, rss: readonly number[], peakMb: number, cpuS: number, recoveredMs: number): void {
  const [seen = 0, shown = 0, hidden = 0, filtered = 0, limited = 0, unread = 0, lost = 0, undecodable = 0] = (IDENTITY.exec(words) ?? []).slice(1).map(Number);
  const exact = seen - filtered - undecodable === sent && shown + hidden + limited + unread + lost === sent;
  const quarter = Math.floor(rss.length / 4);
  const mean = (values: readonly number[]): string => (values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)).toFixed(0);
  process.stdout.write(
    `${sent} drops in ${(tookMs / 1000).toFixed(0)} s (${Math.round((sent / tookMs) * 1000)}/s), the reader stalled for ${stallMs / 1000} s\n` +
      `${exact ? "all accounted for" : "NOT ALL ACCOUNTED FOR"}: shown ${shown}, lost ${lost}, unread ${unread}, limited ${limited}; rows read ${rows}\n` +
      `RSS: first quarter ${mean(rss.slice(0, quarter))} MB, last quarter ${mean(rss.slice(-quarter))} MB, peak ${peakMb.toFixed(0)} MB; CPU ${((cpuS / sent) * 1e6).toFixed(2)} s per million\n` +
      `100,000 rows were read ${recoveredMs.toFixed(0)} ms after reading again\n` +
      `${words.split("\n").find((line) => line.startsWith("cost:")) ?? ""}\n`,
  );
  process.exitCode = exact ? 0 : 1;
}

function sleep(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
