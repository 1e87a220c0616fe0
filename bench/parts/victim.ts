/**
 * What tracing takes from the victim: iperf3 between two hosts, while some of its segments, or all of another
 * sender's, are dropped.
 */
import { CONTENDERS } from "../contenders.ts";
import { Iperf } from "../iperf.ts";
import { Lab } from "../lab.ts";
import { OneCpu } from "../one-cpu.ts";
import { atLeast, type BenchOptions, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, inTurns, median, orderOf } from "../statistics.ts";
import { pause } from "../tool-process.ts";

/** Settling time after a flood has started. */
const SETTLE_MS = 1000;
/** Settling time after a tool has started: V8 compiles the hot code, some 0.2 s of CPU time. */
const TOOL_WARM_UP_MS = 8000;
const FLOOD_SECONDS = 30;
const SECONDS_OF_A_TRY = 1;

interface Condition {
  readonly name: string;
  readonly dropPercent: number;
  /** The rate of a connection with loss goes up and down by half. */
  readonly connections: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Turns of each tool in a round. */
  readonly turns: number;
  /** Segments a second of another sender, all of which are dropped. */
  readonly floodPerSecond: number;
}

const CONDITIONS: readonly Condition[] = [
  { name: "0 % dropped", dropPercent: 0, connections: 1, seconds: 3, turns: 1, floodPerSecond: 0 },
  { name: "1 % dropped", dropPercent: 1, connections: 16, seconds: 9, turns: 3, floodPerSecond: 0 },
  {
    name: "beside 100,000 segments a second, 100 % of them dropped",
    dropPercent: 0,
    connections: 1,
    seconds: 3,
    turns: 1,
    floodPerSecond: 100_000,
  },
];
const NO_TOOL = "no tool";
const TOOLS = ["tcpdrop", "tcpdrop --stacks all", "bpftrace, stacks"] as const;

type Tool = (typeof TOOLS)[number] | typeof NO_TOOL;

interface Measured {
  readonly tool: Tool;
  readonly gigabits: number;
  /** The rate that the flood's sender reached. */
  readonly madePerSecond: number | undefined;
}

/** Measured over the same connections, in sequence: each tool between two measurements without one. */
type Run = readonly Measured[];

export const victim: Part = {
  name: "victim",
  title: "What tracing leaves for other work",
  async run(options) {
    using lab = new Lab();
    using _cpu = new OneCpu();
    await using iperf = await Iperf.listen(lab);
    const runs = await inTurns(options.rounds, CONDITIONS, (condition, round) => {
      options.progress(`victim: run ${round + 1}, ${condition.name}`);
      return overTheSame({ lab, iperf, condition, round, options });
    });
    return findings(runs);
  },
};

interface Round {
  readonly lab: Lab;
  readonly iperf: Iperf;
  readonly condition: Condition;
  readonly round: number;
  readonly options: BenchOptions;
}

/** Measures each tool in turn, while the same connections send. */
async function overTheSame(of: Round): Promise<Run> {
  const { iperf, condition, round, options } = of;
  const turns = options.quick ? 1 : condition.turns;
  return await iperf.whileSending(condition.connections, condition.dropPercent, async () => {
    const run = [await measure(of, NO_TOOL)];
    for (let turn = 0; turn < turns; turn += 1)
      for (const tool of orderOf(round * turns + turn, TOOLS))
        run.push(await measure(of, tool), await measure(of, NO_TOOL));
    return run;
  });
}

async function measure({ lab, iperf, condition, options }: Round, tool: Tool): Promise<Measured> {
  const { floodPerSecond } = condition;
  await using started = await CONTENDERS.find(({ name }) => name === tool)?.start({
    netns: lab.netns,
    file: lab.file("data"),
  });
  await using flood =
    floodPerSecond > 0
      ? await lab.startFlood(floodPerSecond * FLOOD_SECONDS, { perSecond: floodPerSecond })
      : undefined;
  flood?.go();
  await pause(started === undefined ? SETTLE_MS : TOOL_WARM_UP_MS);
  const gigabits = await iperf.received(options.quick ? SECONDS_OF_A_TRY : condition.seconds);
  flood?.stop();
  const made = await flood?.done();
  return { tool, gigabits, madePerSecond: made === undefined ? undefined : (made.sent / made.tookMs) * 1000 };
}

function findings(runs: ReadonlyMap<Condition, readonly Run[]>): Findings {
  const rows = [...runs].map(([{ name }, ofIt]) => [
    name,
    cell(ofIt, NO_TOOL, `± ${percent(noise(ofIt))}`),
    ...TOOLS.map((tool) => cell(ofIt, tool, percent(kept(ofIt, tool)))),
  ]);
  const [untouched = [], lossy = []] = runs.values();
  const [keptOfAll, least] = [kept(untouched, "tcpdrop"), 1 - noise(untouched)];
  const checks = [
    holds(
      "0 % dropped: within noise of no tool",
      keptOfAll >= least,
      `${percent(keptOfAll)}, noise to ${percent(least)}`,
    ),
    atLeast("1 % dropped: share of what is left with no tool", kept(lossy, "tcpdrop"), 0.98, 3),
  ];
  return {
    lines: [
      "Gbit/s that iperf3's server reads over veth while each tool in turn is tracing, from the ninth",
      "second on, over the same connection (for 3 seconds) or, with loss, the same 16 (for 9 seconds,",
      "three times in a round). Everything shares one CPU (sender, receiver, flood and tool), so that a",
      "tool's share is taken from the connections, and all tools have the same: on two CPUs a connection",
      "is sometimes twice as fast, depending on where its ends run. Rates drift by some per cent within a",
      "minute, so each is compared with the mean of those without a tool right before and after; medians.",
      "For no tool the noise of that is given: half of the interquartile range of the ratios without a",
      "tool, each to the ones before and after. Next to a flood, the rate that its sender reached is given",
      "too: under a slow tool it makes fewer drops, which a wire would not.",
      "",
      ...markdownTable(["", NO_TOOL, ...TOOLS], rows),
    ],
    checks,
  };
}

/** "31.62 (99,008/s; 84.2 %)" */
function cell(runs: readonly Run[], tool: Tool, remark: string): string {
  const measured = runs.flat().filter((one) => one.tool === tool);
  const made = measured.flatMap(({ madePerSecond }) => madePerSecond ?? []);
  const reached = made.length === 0 ? "" : `${formatNumber(median(made))}/s; `;
  return `${formatNumber(median(measured.map(({ gigabits }) => gigabits)), 2)} (${reached}${remark})`;
}

function kept(runs: readonly Run[], tool: Tool): number {
  return median(ofNeighbours(runs, tool, 1));
}

/** Half of the interquartile range. */
function noise(runs: readonly Run[]): number {
  const sorted = ofNeighbours(runs, NO_TOOL, 2).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return (at(0.75) - at(0.25)) / 2;
}

/** A tool's rates, divided by the mean of the rates this many measurements before and after. */
function ofNeighbours(runs: readonly Run[], tool: Tool, distance: 1 | 2): readonly number[] {
  return runs.flatMap((run) =>
    run.flatMap(({ tool: at, gigabits }, index) => {
      const [before, after] = [run[index - distance], run[index + distance]];
      return at === tool && before !== undefined && after !== undefined
        ? (2 * gigabits) / (before.gigabits + after.gigabits)
        : [];
    }),
  );
}

function percent(share: number): string {
  return `${formatNumber(100 * share, 1)} %`;
}
