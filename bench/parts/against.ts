/**
 * This build beside another one, in one run: `npm run bench -- against --against DIR`, where DIR is a
 * checkout with its own `dist/`. What a drop costs each program in the kernel, and each process for a row.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { enableRunStatistics, programInfoById } from "../../src/bpf/index.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Lab } from "../lab.ts";
import { COMMAND_LINE, OurTool } from "../our-tool.ts";
import { type BenchOptions, type Findings, markdownTable, type Part } from "../part.ts";
import { programsOf } from "../process.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";

/** Fits into the ring of 16 MB, with stacks too. */
const BURST = 20_000;
const BURSTS = 5;
const ROWS = 400_000;
const ROWS_OF_A_TRY = 50_000;
const NOWHERE = "/dev/null";

interface Way {
  readonly what: string;
  readonly options: readonly string[];
  readonly of: "kernel" | "process";
}

const WAYS: readonly Way[] = [
  { what: "kernel ns a drop, `--stacks none`", options: ["--stacks", "none"], of: "kernel" },
  { what: "kernel ns a drop, `--stacks all`", options: ["--stacks", "all"], of: "kernel" },
  { what: "kernel ns a drop, `--summary`", options: ["--summary"], of: "kernel" },
  {
    what: "process ns a row, NDJSON without stacks",
    options: ["--format", "json", "--stacks", "none", "--buffer", "256M"],
    of: "process",
  },
  {
    what: "process ns a row, NDJSON with stacks",
    options: ["--format", "json", "--stacks", "all", "--buffer", "512M"],
    of: "process",
  },
  {
    what: "process ns a row, table without stacks",
    options: ["--stacks", "none", "--buffer", "256M"],
    of: "process",
  },
];

interface Contender {
  readonly way: Way;
  readonly commandLine: string;
}

export const against: Part = {
  name: "against",
  title: "Beside another build",
  onlyByName: true,
  async run(options) {
    const other = join(options.against ?? "", "dist/bin/cli/main.cjs");
    if (options.against === undefined || !existsSync(other))
      throw new Error("--against wants a checkout that is built: there is no dist/bin/cli/main.cjs in it");
    using lab = new Lab();
    const contenders = WAYS.flatMap((way): readonly Contender[] => [
      { way, commandLine: COMMAND_LINE },
      { way, commandLine: other },
    ]);
    const results = await inTurns(options.rounds, contenders, ({ way, commandLine }, round) => {
      options.progress(
        `against: round ${round + 1}, ${way.what}, ${commandLine === other ? "the other" : "this"}`,
      );
      return way.of === "kernel"
        ? kernelNs(lab, way, commandLine)
        : processNs(lab, way, commandLine, options);
    });
    const of = (way: Way, commandLine: string): readonly number[] =>
      [...results].find(([one]) => one.way === way && one.commandLine === commandLine)?.[1] ?? [];
    return findings(WAYS.map((way) => [way, of(way, COMMAND_LINE), of(way, other)]));
  },
};

/** The least of some bursts, since what disturbs only adds. */
async function kernelNs(lab: Lab, { options }: Way, commandLine: string): Promise<number> {
  await using tool = await OurTool.start(lab.netns, options, undefined, commandLine);
  const [id = 0] = programsOf(tool.pid);
  await lab.warmUp(tool);
  const costs: number[] = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    using _statistics = enableRunStatistics(sys);
    const before = programInfoById(sys, id).runTimeNs;
    await lab.flood(BURST);
    costs.push(Number(programInfoById(sys, id).runTimeNs - before) / BURST);
    await tool.idle();
  }
  await tool.end();
  return Math.min(...costs);
}

/** CPU time of the process, user and system, for each row that it wrote. */
async function processNs(
  lab: Lab,
  { options }: Way,
  commandLine: string,
  { quick }: BenchOptions,
): Promise<number> {
  return await lab.withOutput(NOWHERE, async (stdout) => {
    await using tool = await OurTool.start(lab.netns, options, stdout, commandLine);
    await lab.warmUp(tool);
    const before = await tool.idle();
    await lab.flood(quick ? ROWS_OF_A_TRY : ROWS);
    const after = await tool.idle();
    await tool.end();
    return ((after.cpuS - before.cpuS) / (quick ? ROWS_OF_A_TRY : ROWS)) * 1e9;
  });
}

function findings(rows: readonly (readonly [Way, readonly number[], readonly number[]])[]): Findings {
  return {
    lines: [
      "Medians and ranges of the rounds; the ratio is the median of each round's. Kernel time is what the",
      `kernel measures (BPF_ENABLE_STATS), the least of ${BURSTS} bursts of ${formatNumber(BURST)}.`,
      "",
      ...markdownTable(
        ["", "this build", "the other", "ratio"],
        rows.map(([way, here, there]) => [
          way.what,
          formatSpread(here),
          formatSpread(there),
          formatNumber(median(there) === 0 ? Number.NaN : ratio(here, there), 2),
        ]),
      ),
    ],
    checks: [],
  };
}
