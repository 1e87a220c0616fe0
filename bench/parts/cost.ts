/**
 * What one run of our program costs, as measured by the kernel, next to an empty program that runs on the
 * same drops.
 */
import { enableRunStatistics, programInfoById } from "../../src/bpf/index.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { EmptyProgram } from "../empty-program.ts";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { atMost, type Check, type Findings, markdownTable, type Part } from "../part.ts";
import { programsOf } from "../process.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";

/** Fits into the 16 MB ring, also with stacks. */
const BURST = 20_000;
/** Bursts a round; the minimum counts, because disturbances only add. */
const BURSTS = 5;

interface Way {
  readonly options: readonly string[];
  /** Senders at the same time, each on its own CPU; default: one. */
  readonly senders?: number;
  readonly atMostNs?: number;
}

/** The empty program's time on the machine where the bounds were set. */
const EMPTY_NS = 55;
const WAYS: readonly Way[] = [
  { options: ["--stacks", "all"], atMostNs: 3500 },
  { options: ["--stacks", "auto"] },
  { options: ["--stacks", "none"], atMostNs: 350 },
  { options: ["--stacks", "none"], senders: 2 },
  { options: ["--stacks", "none", "--sample", "1/100"] },
  { options: ["--summary"] },
];

interface Cost {
  readonly ownNs: number;
  readonly emptyNs: number;
}

export const cost: Part = {
  name: "cost",
  title: "What a drop costs the kernel",
  async run({ rounds, progress }) {
    using lab = new Lab();
    const results = await inTurns(rounds, WAYS, async (way, round) => {
      progress(`cost: round ${round + 1}, ${way.options.join(" ")}`);
      return await measure(lab, way);
    });
    return findings(results);
  },
};

async function measure(lab: Lab, { options, senders = 1 }: Way): Promise<Cost> {
  using empty = new EmptyProgram();
  await using tool = await OurTool.start(lab.netns, options);
  const [id = 0] = programsOf(tool.pid);
  await lab.warmUp(tool);
  const costs: Cost[] = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const own = nsOf(id);
    const other = nsOf(empty.id);
    using _statistics = enableRunStatistics(sys);
    await floodTogether(lab, senders);
    costs.push({ ownNs: own() / BURST, emptyNs: other() / BURST });
    await tool.idle();
  }
  await tool.end();
  return {
    ownNs: Math.min(...costs.map(({ ownNs }) => ownNs)),
    emptyNs: Math.min(...costs.map(({ emptyNs }) => emptyNs)),
  };
}

/** BURST drops by all senders, which start when the last one is ready. */
async function floodTogether(lab: Lab, senders: number): Promise<void> {
  const floods = await Promise.all(
    Array.from({ length: senders }, (_unused, source) =>
      lab.startFlood(BURST / senders, { source: source + 1 }),
    ),
  );
  try {
    for (const flood of floods) flood.go();
    await Promise.all(floods.map((flood) => flood.done()));
  } finally {
    for (const flood of floods) await flood[Symbol.asyncDispose]();
  }
}

/** A program's run time from now on. The few runs for other drops count as ours. */
function nsOf(id: number): () => number {
  const before = programInfoById(sys, id).runTimeNs;
  return () => Number(programInfoById(sys, id).runTimeNs - before);
}

function findings(results: ReadonlyMap<Way, readonly Cost[]>): Findings {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const [{ options, atMostNs, senders = 1 }, costs] of results) {
    const own = costs.map(({ ownNs }) => ownNs);
    const empty = costs.map(({ emptyNs }) => emptyNs);
    const times = ratio(own, empty);
    const flags = `\`${options.join(" ")}\`${senders === 1 ? "" : `, ${senders} senders at once`}`;
    rows.push([flags, formatSpread(own), formatNumber(median(empty)), formatNumber(times, 1)]);
    if (atMostNs === undefined) continue;
    checks.push(
      atMost(`${flags}: ns a drop`, median(own), atMostNs, 0),
      atMost(`${flags}: times the empty program's`, times, atMostNs / EMPTY_NS, 1),
    );
  }
  return {
    lines: [
      `Run time measured by the kernel (BPF_ENABLE_STATS) for each of ${formatNumber(BURST)} drops:`,
      `the minimum of ${BURSTS} bursts in a round, after the ring was filled once. The empty program runs`,
      "on the same drops. Neither includes the cost of calling a program from the tracepoint, which",
      "*added ns* above does. Bounds as a multiple are those in ns, divided by the 55 ns that an empty",
      "program took where they were set.",
      "",
      ...markdownTable(["", "ns a drop", "empty program", "times"], rows),
    ],
    checks,
  };
}
