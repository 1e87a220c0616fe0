/**
 * Drops at full speed, or at a rate: what tracing them costs the kernel and the tracer, and how many are shown.
 *
 *     node dist/bench/storm.js [COUNT] [--stacks | --no-stack] [--rate PER_SECOND] [--output table|json|library]...
 *
 * Needs root. Nothing is sent: a device in a network namespace of this process receives segments to a closed port.
 *
 * alone: drops a second without a tracer. traced: with it. kernel: what one run of the program costs that sends its record, measured
 * by the kernel (BPF_ENABLE_STATS) in bursts before the storm. The rest is of the storm, until the tracer has shown all that it got.
 */
import { parseArgs } from "node:util";
import { enableRunStatistics, programInfoById } from "../src/bpf/index.ts";
import { FloodProcess, type FloodResult } from "../src/lab/flood-process.ts";
import { Hosts } from "../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { processUsage, programsOf } from "./process.ts";
import { TracerProcess } from "./tracer-process.ts";

const OUTPUTS = ["table", "json", "library"];
/** Fits into the ring of 16 MB, with stacks too. */
const BURST = 20_000;
const BURSTS = 5;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { stacks: { type: "boolean" }, "no-stack": { type: "boolean" }, rate: { type: "string" }, output: { type: "string", multiple: true } },
});
const count = Number(positionals[0] ?? 1_000_000);
const perSecond = flags.rate === undefined ? undefined : Number(flags.rate);
const stackModes = [...(flags.stacks === true ? [] : [false]), ...(flags["no-stack"] === true ? [] : [true])];

using hosts = new Hosts(sys);
const alone = await flood(count, perSecond);
process.stdout.write(`${count} drops; alone ${rate(alone)}/s\n`);
const columns = ["output", "stacks", "traced/s", "kernel ns", "seen", "shown", "lost", "unread", "missed", "CPU s", "us/shown", "RSS MB", "peak MB"];
printRow(columns);
for (const stacks of stackModes) for (const output of flags.output ?? OUTPUTS) printRow(await traced(output, stacks));

/** One tracer, from its start to its end; its row. */
async function traced(output: string, stacks: boolean): Promise<readonly string[]> {
  await using tracer = await TracerProcess.start(output, stacks, hosts.server.inode);
  const kernelNs = await nsPerDrop(tracer);
  const before = processUsage(tracer.pid);
  const storm = await flood(count, perSecond);
  const after = await tracer.idle();
  const { shown, lost, unread, missed, ours } = await tracer.end();
  const made = storm.sent + BURST * BURSTS;
  const cpuS = after.cpuS - before.cpuS;
  return [
    output,
    stacks ? "yes" : "no",
    rate(storm),
    kernelNs.toFixed(0),
    ours === made ? `all ${made}` : `${ours} OF ${made}`,
    ...[shown, lost, unread, missed].map(String),
    cpuS.toFixed(2),
    ((cpuS / (shown - BURST * BURSTS)) * 1e6).toFixed(1),
    after.rssMb.toFixed(0),
    after.peakMb.toFixed(0),
  ];
}

/** The least of the bursts: what disturbs them, and what other hosts drop meanwhile, only adds. */
async function nsPerDrop(tracer: TracerProcess): Promise<number> {
  const [id = 0] = programsOf(tracer.pid);
  const costs: number[] = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    using _statistics = enableRunStatistics(sys);
    const before = programInfoById(sys, id);
    await flood(BURST);
    const after = programInfoById(sys, id);
    costs.push(Number(after.runTimeNs - before.runTimeNs) / BURST);
    await tracer.idle();
  }
  return Math.min(...costs);
}

async function flood(drops: number, atRate?: number): Promise<FloodResult> {
  await using sender = await FloodProcess.start(hosts, { count: drops, perSecond: atRate, limitMs: 300_000 });
  sender.go();
  return await sender.done();
}

function rate({ sent, tookMs }: FloodResult): string {
  return String(Math.round((sent / tookMs) * 1000));
}

function printRow(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, index) => cell.padStart(index === 4 ? 11 : 9)).join(" ")}\n`);
}
