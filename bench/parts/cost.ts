/** What one run of our program costs the kernel, by its own measure, beside an empty program that runs on the same drops. */
import { enableRunStatistics, programInfoById } from "../../src/bpf/index.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { EmptyProgram } from "../empty-program.ts";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type Check, type Findings, markdownTable, type Part } from "../part.ts";
import { programsOf } from "../process.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";

/** Fits into the ring of 16 MB, with stacks too. */
const BURST = 20_000;
/** Of each round; the least counts, since what disturbs only adds. */
const BURSTS = 5;

interface Way {
  readonly options: readonly string[];
  /** That drop at the same time, each on a CPU of its own; one, if it is not told. */
  readonly senders?: number;
  /** In runs of the empty program, of which each takes 55 ns where a drop may take 3.5 us with its stack, and 0.35 us without. */
  readonly atMost: number | undefined;
}

const EMPTY_NS = 55;
const WAYS: readonly Way[] = [
  { options: ["--stacks", "all"], atMost: 3500 / EMPTY_NS },
  { options: ["--stacks", "auto"], atMost: undefined },
  { options: ["--stacks", "none"], atMost: 350 / EMPTY_NS },
  { options: ["--stacks", "none"], senders: 2, atMost: undefined },
  { options: ["--stacks", "none", "--sample", "1/100"], atMost: undefined },
  { options: ["--summary"], atMost: undefined },
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
  return { ownNs: Math.min(...costs.map(({ ownNs }) => ownNs)), emptyNs: Math.min(...costs.map(({ emptyNs }) => emptyNs)) };
}

/** BURST drops by all senders, which begin when the last one is ready. */
async function floodTogether(lab: Lab, senders: number): Promise<void> {
  const floods = await Promise.all(Array.from({ length: senders }, (_unused, source) => lab.startFlood(BURST / senders, { source: source + 1 })));
  try {
    for (const flood of floods) flood.go();
    await Promise.all(floods.map((flood) => flood.done()));
  } finally {
    for (const flood of floods) await flood[Symbol.asyncDispose]();
  }
}

/** A program's run time from now on. Those few runs that other drops cause count for ours. */
function nsOf(id: number): () => number {
  const before = programInfoById(sys, id).runTimeNs;
  return () => Number(programInfoById(sys, id).runTimeNs - before);
}

function findings(results: ReadonlyMap<Way, readonly Cost[]>): Findings {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const [{ options, atMost, senders = 1 }, costs] of results) {
    const own = costs.map(({ ownNs }) => ownNs);
    const empty = costs.map(({ emptyNs }) => emptyNs);
    const times = ratio(own, empty);
    const flags = `\`${options.join(" ")}\`${senders === 1 ? "" : `, ${senders} senders at once`}`;
    rows.push([flags, formatSpread(own), formatNumber(median(empty)), formatNumber(times, 1)]);
    if (atMost !== undefined)
      checks.push({ what: `${flags}, times the empty program's`, bound: `at most ${atMost.toFixed(1)}`, measured: times.toFixed(1), met: times <= atMost });
  }
  return {
    lines: [
      `The run time that the kernel measures (BPF_ENABLE_STATS), for each of ${formatNumber(BURST)} drops: the least of ${BURSTS} bursts in a round. The empty program runs on the same`,
      "drops. Neither has in it what calling a program at the tracepoint costs: *added ns* above has.",
      "",
      ...markdownTable(["", "ns a drop", "empty program", "times"], rows),
    ],
    checks,
  };
}
