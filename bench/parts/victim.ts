/** What tracing takes from those whose packets are dropped: iperf3 between two hosts, while some of its segments, or all of another sender's, are dropped. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { CONTENDERS, type Running } from "../contenders.ts";
import { Lab } from "../lab.ts";
import { type BenchOptions, type Check, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, inTurns, median, ratio, ratios } from "../statistics.ts";
import { pause, ToolProcess } from "../tool-process.ts";

const SECONDS = 4;
const SECONDS_OF_A_TRY = 1;
/** TCP under loss varies: more runs than of other parts. */
const RUNS_A_ROUND = 2;
const FLOOD_PER_SECOND = 100_000;
const SERVER_ADDRESS = "192.0.2.2";
const PORT = 5201;

interface Condition {
  readonly name: string;
  readonly dropPercent: number;
  readonly flooded: boolean;
  /** iperf3's, not to depend on what the machine was told. */
  readonly congestionControl: "cubic" | "bbr";
}

const CONDITIONS: readonly Condition[] = [
  { name: "0 % dropped", dropPercent: 0, flooded: false, congestionControl: "cubic" },
  { name: "1 % dropped", dropPercent: 1, flooded: false, congestionControl: "cubic" },
  { name: "beside 100,000 segments a second, 100 % of them dropped", dropPercent: 0, flooded: true, congestionControl: "cubic" },
  { name: "0 % dropped by a rule, some 200 a second by TCP (BBR)", dropPercent: 0, flooded: false, congestionControl: "bbr" },
];
const NO_TOOL = "no tool";
/** What noise makes of a ratio. */
const NO_TOOL_AGAIN = "no tool, once more";
const TOOLS = [NO_TOOL, NO_TOOL_AGAIN, "tcpdrop", "tcpdrop --stacks all", "bpftrace, stacks"] as const;

interface Trial {
  readonly condition: Condition;
  readonly tool: (typeof TOOLS)[number];
}

interface Measured {
  readonly gigabits: number;
  /** What the flood's sender reached. */
  readonly floodPerSecond: number | undefined;
}

export const victim: Part = {
  name: "victim",
  title: "What is left for the victim",
  async run(options) {
    if (spawnSync("iperf3", ["--version"]).error !== undefined) throw new Error("iperf3 is missing: tools/install-bench-tools.sh installs it");
    using lab = new Lab();
    await using server = lab.hosts.server.inside(() => new ToolProcess({ command: ["iperf3", "-s", "-p", String(PORT)], stdout: "pipe" }));
    await pause(300);
    if (server.failure !== undefined) throw new Error(`iperf3 does not listen: ${server.failure}`);
    const offered = readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");
    const conditions = CONDITIONS.filter(({ congestionControl }) => offered.includes(congestionControl));
    const trials = conditions.flatMap((condition) => TOOLS.map((tool) => ({ condition, tool })));
    const results = await inTurns(options.rounds * RUNS_A_ROUND, trials, (trial, round) => {
      options.progress(`victim: run ${round + 1}, ${trial.condition.name}, ${trial.tool}`);
      return under(lab, trial, options);
    });
    return findings(conditions, results);
  },
};

async function under(lab: Lab, { condition, tool }: Trial, options: BenchOptions): Promise<Measured> {
  const seconds = options.quick ? SECONDS_OF_A_TRY : SECONDS;
  dropShare(lab, condition.dropPercent);
  const running: Running = { netns: lab.netns, file: lab.file("data") };
  await using _tool = await CONTENDERS.find(({ name }) => name === tool)?.start(running);
  if (!condition.flooded) return { gigabits: await gigabits(lab, condition, seconds), floodPerSecond: undefined };
  await using flood = await lab.startFlood(FLOOD_PER_SECOND * (seconds + 20), { perSecond: FLOOD_PER_SECOND });
  flood.go();
  const perSecond = await gigabits(lab, condition, seconds);
  flood.stop();
  const { sent, tookMs } = await flood.done();
  return { gigabits: perSecond, floodPerSecond: (sent / tookMs) * 1000 };
}

/** Some of what reaches iperf3's server is dropped there, by chance. */
function dropShare({ hosts }: Lab, percent: number): void {
  const chain = "chain in { type filter hook input priority 0; policy accept; }";
  const rules = percent === 0 ? [] : [`add rule inet victim in tcp dport ${PORT} numgen random mod 100 < ${percent} drop`];
  hosts.server.run("nft", ["-f", "-"], ["add table inet victim", "flush table inet victim", `table inet victim { ${chain}; }`, ...rules, ""].join("\n"));
}

/** What the server received, a second. The first second, in which the window grows, is left out. */
async function gigabits({ hosts }: Lab, { congestionControl }: Condition, seconds: number): Promise<number> {
  const command = ["iperf3", "-c", SERVER_ADDRESS, "-p", String(PORT), "-t", String(seconds), "-O", "1", "-C", congestionControl, "-J"];
  await using client = hosts.client.inside(() => new ToolProcess({ command, stdout: "pipe" }));
  await Promise.race([client.ended, pause((seconds + 30) * 1000)]);
  const report = JSON.parse(client.said.slice(client.said.indexOf("{"))) as { error?: string; end?: { sum_received?: { bits_per_second?: number } } };
  const perSecond = report.end?.sum_received?.bits_per_second;
  if (perSecond === undefined) throw new Error(`iperf3 says: ${report.error ?? client.said}`);
  return perSecond / 1e9;
}

function findings(conditions: readonly Condition[], results: ReadonlyMap<Trial, readonly Measured[]>): Findings {
  const measured = (condition: Condition, tool: string): readonly Measured[] =>
    [...results].find(([trial]) => trial.condition === condition && trial.tool === tool)?.[1] ?? [];
  const of = (condition: Condition, tool: string): readonly number[] => measured(condition, tool).map(({ gigabits }) => gigabits);
  const flood = (condition: Condition, tool: string): string => {
    const reached = median(measured(condition, tool).map(({ floodPerSecond }) => floodPerSecond ?? Number.NaN));
    return Number.isNaN(reached) ? "" : `; ${formatNumber(reached / 1000)} k/s`;
  };
  const share = (condition: Condition, tool: string): number => ratio(of(condition, tool), of(condition, NO_TOOL));
  const noise = (condition: Condition): number => halfOfMiddle(ratios(of(condition, NO_TOOL_AGAIN), of(condition, NO_TOOL)));
  const rows = conditions.map((condition) => [
    condition.name,
    `${formatNumber(median(of(condition, NO_TOOL)), 2)} (± ${formatNumber(100 * noise(condition), 1)} %${flood(condition, NO_TOOL)})`,
    ...TOOLS.slice(1).map(
      (tool) => `${formatNumber(median(of(condition, tool)), 2)} (${formatNumber(100 * share(condition, tool), 1)} %${flood(condition, tool)})`,
    ),
  ]);
  const [untouched, lossy] = conditions;
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
      `Gbit/s that iperf3's server received in ${SECONDS} seconds, one connection over veth; medians of ${of(conditions[0] as Condition, NO_TOOL).length} runs in turns, and the share of no tool's in the same turn.`,
      "With no tool the noise is told: half of what the middle half of the ratios of no tool to itself spans. Beside a flood it is also told what its sender reached: under a slow tool it",
      "makes fewer drops, which a wire would not. With cubic next to nothing is dropped but by the rule. BBR's pacing has two CPUs send at once, which changes the order, so that TCP",
      "sends some twice and drops it (`TCP_OLD_DATA`, `TCP_OLD_SEQUENCE`): each tool shows a few hundred a second of that, on CPUs that are both taken.",
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
