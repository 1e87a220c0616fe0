/** What the budget of stacks decides: so many a second for each place on each CPU, under a steady rate of drops. */
import { enableRunStatistics, programInfoById } from "../../src/bpf/index.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type Findings, markdownTable, type Part } from "../part.ts";
import { programsOf } from "../process.ts";
import { formatNumber, inTurns, median } from "../statistics.ts";

const POLICIES = ["none", "100", "1000", "10000", "all"] as const;
const PER_SECOND = 50_000;
const SECONDS = 5;
const SECONDS_OF_A_TRY = 1;

interface Measured {
  readonly kernelPercent: number;
  readonly toolPercent: number;
}

export const stacks: Part = {
  name: "stacks",
  title: "What the budget of stacks decides",
  async run({ quick, rounds, progress }) {
    using lab = new Lab();
    const seconds = quick ? SECONDS_OF_A_TRY : SECONDS;
    const results = await inTurns(rounds, POLICIES, (policy, round) => {
      progress(`stacks: round ${round + 1}, ${policy}`);
      return measure(lab, policy, seconds);
    });
    return findings(results);
  },
};

async function measure(lab: Lab, policy: string, seconds: number): Promise<Measured> {
  await using tool = await OurTool.start(lab.netns, ["--stacks", policy]);
  const [id = 0] = programsOf(tool.pid);
  const before = await tool.idle();
  using _statistics = enableRunStatistics(sys);
  const ranBefore = programInfoById(sys, id).runTimeNs;
  const { tookMs } = await lab.flood(PER_SECOND * seconds, { perSecond: PER_SECOND });
  const kernelMs = Number(programInfoById(sys, id).runTimeNs - ranBefore) / 1e6;
  const after = await tool.idle();
  return { kernelPercent: (100 * kernelMs) / tookMs, toolPercent: ((100 * (after.cpuS - before.cpuS)) / tookMs) * 1000 };
}

function findings(results: ReadonlyMap<string, readonly Measured[]>): Findings {
  const rows = [...results].map(([policy, measured]) => [
    `\`--stacks ${policy}\`${policy === "1000" ? ", as `auto` has it" : ""}`,
    ...(["kernelPercent", "toolPercent"] as const).map((key) => `${formatNumber(median(measured.map((one) => one[key])), 1)} %`),
  ]);
  return {
    lines: [
      `${formatNumber(PER_SECOND)} drops a second at one place, table to nowhere: how much of a CPU the program in the kernel takes, and how much this process.`,
      "",
      ...markdownTable(["", "kernel", "process"], rows),
    ],
    checks: [],
  };
}
