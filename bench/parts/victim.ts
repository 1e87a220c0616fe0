/** What tracing takes from those whose packets are dropped: iperf3 between two hosts, while some of its segments, or all of another sender's, are dropped. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { CONTENDERS } from "../contenders.ts";
import { Lab } from "../lab.ts";
import { OneCpu } from "../one-cpu.ts";
import { type BenchOptions, type Check, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, inTurns, median, orderOf, ratio, ratios } from "../statistics.ts";
import { pause, ToolProcess } from "../tool-process.ts";

/** After a flood has begun. */
const SETTLE_MS = 1000;
/** After a tool has begun: until then V8 compiles what is hot, some 0.2 s of CPU time in all. */
const TOOL_WARM_UP_MS = 8000;
/** They last no longer, whatever happens. */
const LIMIT_SECONDS = 300;
const FLOOD_SECONDS = 30;
/** Not to depend on what the machine was told. */
const CONGESTION_CONTROL = "cubic";
const SECONDS_OF_A_TRY = 1;
/** New ones are slower at first. */
const WARM_UP_MS = 4000;
const SERVER_ADDRESS = "192.0.2.2";
const PORT = 5201;

interface Condition {
  readonly name: string;
  readonly dropPercent: number;
  /** The rate of one that loses goes up and down by half. */
  readonly connections: number;
  /** Each measurement's. */
  readonly seconds: number;
  /** Segments of another sender, each of which is dropped. */
  readonly floodPerSecond: number;
}

const CONDITIONS: readonly Condition[] = [
  { name: "0 % dropped", dropPercent: 0, connections: 1, seconds: 3, floodPerSecond: 0 },
  { name: "1 % dropped", dropPercent: 1, connections: 16, seconds: 9, floodPerSecond: 0 },
  { name: "beside 100,000 segments a second, 100 % of them dropped", dropPercent: 0, connections: 1, seconds: 3, floodPerSecond: 100_000 },
];
const NO_TOOL = "no tool";
/** What noise makes of a ratio, over as long a time as the others have. */
const NO_TOOL_AGAIN = "no tool, once more";
const TOOLS = [NO_TOOL, "tcpdrop", "tcpdrop --stacks all", "bpftrace, stacks", NO_TOOL_AGAIN] as const;

type Tool = (typeof TOOLS)[number];

interface Measured {
  readonly gigabits: number;
  /** What the flood's sender reached. */
  readonly madePerSecond: number | undefined;
}

/** Over the same connections. */
type Run = ReadonlyMap<Tool, Measured>;

export const victim: Part = {
  name: "victim",
  title: "What is left for the victim",
  async run(options) {
    if (spawnSync("iperf3", ["--version"]).error !== undefined) throw new Error("iperf3 is missing: tools/install-bench-tools.sh installs it");
    using lab = new Lab();
    using _cpu = new OneCpu();
    await using server = lab.hosts.server.inside(() => new ToolProcess({ command: ["iperf3", "-s", "-p", String(PORT)], stdout: "pipe" }));
    await pause(SETTLE_MS);
    if (server.failure !== undefined) throw new Error(`iperf3 does not listen: ${server.failure}`);
    const runs = await inTurns(options.rounds, CONDITIONS, (condition, round) => {
      options.progress(`victim: run ${round + 1}, ${condition.name}`);
      return overTheSame(lab, server, condition, round, options);
    });
    return findings(runs);
  },
};

/** Each tool once, while the same connections send. */
async function overTheSame(lab: Lab, server: ToolProcess, condition: Condition, round: number, options: BenchOptions): Promise<Run> {
  const { dropPercent, connections, floodPerSecond } = condition;
  const seconds = options.quick ? SECONDS_OF_A_TRY : condition.seconds;
  dropShare(lab, dropPercent);
  const command = ["iperf3", "-c", SERVER_ADDRESS, "-p", String(PORT), "-t", String(LIMIT_SECONDS), "-C", CONGESTION_CONTROL, "-P", String(connections)];
  await using client = lab.hosts.client.inside(() => new ToolProcess({ command, stdout: "pipe" }));
  await pause(WARM_UP_MS);
  const run = new Map<Tool, Measured>();
  for (const tool of orderOf(round, TOOLS)) {
    await using started = await CONTENDERS.find(({ name }) => name === tool)?.start({ netns: lab.netns, file: lab.file("data") });
    await using flood = floodPerSecond > 0 ? await lab.startFlood(floodPerSecond * FLOOD_SECONDS, { perSecond: floodPerSecond }) : undefined;
    flood?.go();
    await pause(started === undefined ? SETTLE_MS : TOOL_WARM_UP_MS);
    const gigabits = await received(server, seconds);
    flood?.stop();
    const made = await flood?.done();
    if (client.failure !== undefined) throw new Error(`iperf3 ended: ${client.failure}`);
    run.set(tool, { gigabits, madePerSecond: made === undefined ? undefined : (made.sent / made.tookMs) * 1000 });
  }
  await client.end();
  // The server notices.
  await pause(SETTLE_MS);
  return run;
}

/** What iperf3's server read, in Gbit/s. */
async function received(server: ToolProcess, seconds: number): Promise<number> {
  const readBytes = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${server.pid}/io`, "utf8"))?.[1]);
  const [before, beganMs] = [readBytes(), performance.now()];
  await pause(seconds * 1000);
  return ((readBytes() - before) * 8) / 1e6 / (performance.now() - beganMs);
}

/** Some of what reaches iperf3's server is dropped there, by chance. */
function dropShare({ hosts }: Lab, percent: number): void {
  const chain = "chain in { type filter hook input priority 0; policy accept; }";
  const rules = percent === 0 ? [] : [`add rule inet victim in tcp dport ${PORT} numgen random mod 100 < ${percent} drop`];
  hosts.server.run("nft", ["-f", "-"], ["add table inet victim", "flush table inet victim", `table inet victim { ${chain}; }`, ...rules, ""].join("\n"));
}

function findings(runs: ReadonlyMap<Condition, readonly Run[]>): Findings {
  const measured = (condition: Condition, tool: Tool): readonly Measured[] => (runs.get(condition) ?? []).flatMap((run) => run.get(tool) ?? []);
  const of = (condition: Condition, tool: Tool): readonly number[] => measured(condition, tool).map(({ gigabits }) => gigabits);
  const flood = (condition: Condition, tool: Tool): string => {
    const reached = median(measured(condition, tool).map(({ madePerSecond }) => madePerSecond ?? Number.NaN));
    return Number.isNaN(reached) ? "" : `; ${formatNumber(reached)}/s`;
  };
  const share = (condition: Condition, tool: Tool): number => ratio(of(condition, tool), of(condition, NO_TOOL));
  const noise = (condition: Condition): number => halfOfMiddle(ratios(of(condition, NO_TOOL_AGAIN), of(condition, NO_TOOL)));
  const rows = [...runs.keys()].map((condition) => [
    condition.name,
    `${formatNumber(median(of(condition, NO_TOOL)), 2)} (± ${formatNumber(100 * noise(condition), 1)} %${flood(condition, NO_TOOL)})`,
    ...TOOLS.slice(1).map(
      (tool) => `${formatNumber(median(of(condition, tool)), 2)} (${formatNumber(100 * share(condition, tool), 1)} %${flood(condition, tool)})`,
    ),
  ]);
  const [untouched, lossy] = runs.keys();
  const checks: Check[] = [];
  if (untouched !== undefined) {
    const least = 1 - noise(untouched);
    const kept = share(untouched, "tcpdrop");
    checks.push(holds("0 % dropped: within noise of no tool", kept >= least, `${formatNumber(100 * kept, 1)} %, noise to ${formatNumber(100 * least, 1)} %`));
  }
  if (lossy !== undefined) {
    const kept = share(lossy, "tcpdrop");
    checks.push({ what: "1 % dropped: of what is left with no tool", bound: "at least 98 %", measured: `${formatNumber(100 * kept, 1)} %`, met: kept >= 0.98 });
  }
  return {
    lines: [
      "Gbit/s that iperf3's server read over veth while each tool in turn looks on, from its ninth second on, at the same connection (for 3 seconds) or, where some is dropped, the same 16 (for 9);",
      "medians, and those of the shares of no tool's over the same. All of it has one CPU, sender, receiver, flood and tool, so that what a tool takes is taken from the connections, and each",
      "other one has as much: on two, a connection is now twice as fast and now half, by where its ends run. With no tool the noise is told: half of what the middle half of the ratios of no",
      "tool to itself spans. Beside a flood it is also told what its sender reached: under a slow tool it makes fewer drops, which a wire would not.",
      "",
      ...markdownTable(["", ...TOOLS], rows),
    ],
    checks,
  };
}

/** Half of the interquartile range. */
function halfOfMiddle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return (at(0.75) - at(0.25)) / 2;
}
